import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { EmittedEvent } from '@carteiro/contracts/event'
import { connect } from '@carteiro/database/connect'
import { createLogger } from '@carteiro/runtime/logger'
import { io } from 'socket.io-client'
import t from 'tap'
import { createApiClient } from '../scripts/stack/api-client.ts'
import { DEMO_PHONE } from '../scripts/stack/link-instance.ts'
import { startStack } from '../scripts/stack/start-stack.ts'

const CUSTOMER = '5511987654321'
const HIDDEN = '5511976543210'

const dataDirectory = await mkdtemp(path.join(tmpdir(), 'carteiro-told-'))
const common = { OFFLINE_GAP_SECONDS: '1' }
const stack = await startStack({ dataDirectory, ports: 'free', simulator: true, common })
const simulator = createApiClient(stack.urls.simulator ?? '')
const { db, close } = connect({
  url: stack.databaseUrl,
  logger: createLogger('test', 'silent'),
  name: 'test',
})
const auth = { token: stack.apiKey, rooms: [`tenant:${stack.tenantId}`] }
const socket = io(stack.urls.api, { transports: ['websocket'], auth })
t.teardown(async () => {
  socket.close()
  await close()
  await stack.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})
await new Promise<void>((resolve, reject) => {
  socket.once('ready', resolve)
  socket.once('connect_error', reject)
})

/** Asks again after each event, until the answer is there: whatever changes is told. */
async function until<Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer> {
  for (;;) {
    const next = new Promise((resolve) => socket.prependAny(resolve))
    const answer = await ask()
    if (answer !== undefined) {
      socket.offAny()
      return answer
    }
    await next
  }
}

async function play(route: string, body: object = {}, method: 'post' | 'patch' = 'post') {
  const { status, body: answer } = await simulator[method](route, body)
  if (status >= 300) throw new Error(`${route} answered ${status}: ${JSON.stringify(answer)}`)
  return answer
}
const customerWrites = (body: object) => play(`/customers/${CUSTOMER}/messages`, { ...body, to: DEMO_PHONE })
const ownPhoneWrites = (body: object) => play(`/customers/${DEMO_PHONE}/chats/${CUSTOMER}/messages`, body)

const findMessage = (id: string) =>
  db.selectFrom('message').selectAll().where('provider_message_id', '=', id).executeTakeFirst()
type Message = NonNullable<Awaited<ReturnType<typeof findMessage>>>

const messageWhen = (id: string, fits: (message: Message) => boolean = () => true) =>
  until(async () => {
    const message = await findMessage(id)
    return message && fits(message) ? message : undefined
  })

t.test(
  'what the account’s own phone writes stands in the ticket as ours, with what becomes of it',
  async (t) => {
    await customerWrites({ text: 'Oi!', id: 'IN-1' })
    const asked = await messageWhen('IN-1')
    await ownPhoneWrites({ text: 'Good mornin', id: 'OWN-1' })
    const written = await messageWhen('OWN-1')
    t.match(written, { direction: 'outbound', text: 'Good mornin', ticket_id: asked.ticket_id })
    await messageWhen('OWN-1', ({ state }) => state === 'DELIVERED')
    await play(`/customers/${CUSTOMER}/chats/${DEMO_PHONE}/read`)
    await messageWhen('OWN-1', ({ state }) => state === 'READ')
    await ownPhoneWrites({ type: 'edit', message: { id: 'OWN-1' }, text: 'Good morning' })
    await messageWhen('OWN-1', ({ text }) => text === 'Good morning')
    await ownPhoneWrites({ type: 'revoke', message: { id: 'OWN-1' } })
    await messageWhen('OWN-1', ({ type }) => type === 'revoked')
  },
)

t.test('a vote on a poll that our own phone made is readable', async (t) => {
  await ownPhoneWrites({ type: 'poll', question: 'Lunch?', options: ['yes', 'no'], id: 'POLL-1' })
  await messageWhen('POLL-1', ({ type }) => type === 'poll')
  const voted = new Promise<EmittedEvent<'messages.updated'>>((resolve) =>
    socket.once('messages.updated', resolve),
  )
  await customerWrites({ type: 'vote', poll: { id: 'POLL-1' }, options: ['yes'] })
  t.match((await voted).change, { what: 'votes', votes: [{ selectedOptions: ['yes'] }] })
})

t.test('a message that cannot be opened keeps its place, and is replaced in it', async (t) => {
  const changed: string[] = []
  socket.on('messages.updated', ({ change }) => changed.push(change.what))
  await play('/faults', { phone: DEMO_PHONE, fault: { type: 'garbled' } })
  await customerWrites({ text: 'can you read this?', id: 'GARBLED' })
  const readable = await messageWhen('GARBLED', ({ type }) => type === 'text')
  t.equal(readable.text, 'can you read this?')
  await until(async () => changed.includes('decrypted') || undefined)
  const rows = await db
    .selectFrom('message')
    .select('id')
    .where('provider_message_id', '=', 'GARBLED')
    .execute()
  t.equal(rows.length, 1)
})

t.test('a call is one message of its ticket, whatever becomes of it', async (t) => {
  const { id } = await play(`/customers/${CUSTOMER}/calls`, { to: DEMO_PHONE })
  const rang = await messageWhen(`call:${id}`)
  t.match(rang, { type: 'call', direction: 'inbound', content: { status: 'offer' } })
  await play(`/customers/${CUSTOMER}/calls`, { to: DEMO_PHONE, id, event: 'timeout' })
  const missed = await messageWhen(`call:${id}`, ({ content }) => content.status === 'timeout')
  t.equal(missed.id, rang.id)
  t.equal(missed.ticket_id, (await findMessage('IN-1'))?.ticket_id)
})

t.test('a group goes by its subject, and by the next one', async (t) => {
  const named = (jid: string, name: string) =>
    until(() =>
      db
        .selectFrom('contact')
        .select('id')
        .where('jid', '=', jid)
        .where('name', '=', name)
        .executeTakeFirst(),
    )
  const { jid } = await play('/groups', { subject: 'Family', creator: CUSTOMER, members: [DEMO_PHONE] })
  const before = await named(jid, 'Family')
  await play(`/groups/${jid}`, { by: CUSTOMER, subject: 'The family' }, 'patch')
  t.equal((await named(jid, 'The family')).id, before.id)
})

t.test('a customer who goes by another name in a group goes by it in the inbox', async (t) => {
  const before = await messageWhen('IN-1')
  const { jid } = await play('/groups', { subject: 'Work', creator: CUSTOMER, members: [DEMO_PHONE] })
  await play(`/customers/${CUSTOMER}/chats/${jid}/messages`, { text: 'hi all', pushName: 'Ana Maria' })
  const renamed = await until(() =>
    db
      .selectFrom('contact')
      .select(['id', 'name'])
      .where('phone', '=', `+${CUSTOMER}`)
      .where('push_name', '=', 'Ana Maria')
      .executeTakeFirst(),
  )
  t.match(renamed, { id: before.contact_id, name: 'Ana Maria' })
})

t.test('who wrote by LID and was written to by phone is one contact, once WhatsApp says so', async (t) => {
  await play(`/customers/${HIDDEN}`, { addressing: 'lid', hidesPhone: true }, 'patch')
  await play(`/customers/${HIDDEN}/messages`, { text: 'guess who', id: 'HIDDEN-1', to: DEMO_PHONE })
  const byLid = await messageWhen('HIDDEN-1')
  const webhook = '/api/integrations/whatsapp/webhook'
  const inbound = { id: 'PLAIN-1', type: 'MESSAGE_INBOUND', instanceId: stack.instanceId }
  const payload = {
    contact: { phone: `+${HIDDEN}` },
    message: { id: 'PLAIN-1', text: 'by phone' },
    metadata: {},
  }
  const { status } = await createApiClient(stack.urls.api, stack.brokerKey).post(webhook, {
    ...inbound,
    payload,
  })
  t.equal(status, 202)
  const byPhone = await messageWhen('PLAIN-1')
  t.not(byPhone.contact_id, byLid.contact_id)
  await play(`/customers/${HIDDEN}/profile`, { to: DEMO_PHONE })
  const contact = await until(() =>
    db
      .selectFrom('contact')
      .select(['id', 'lid'])
      .where('phone', '=', `+${HIDDEN}`)
      .where('lid', 'is not', null)
      .executeTakeFirst(),
  )
  for (const id of ['HIDDEN-1', 'PLAIN-1']) t.equal((await findMessage(id))?.contact_id, contact.id)
})

t.test('what did not come of what waited on WhatsApp is told as a gap', async (t) => {
  const gap = new Promise<EmittedEvent<'whatsapp.instance.gap'>>((resolve) =>
    socket.once('whatsapp.instance.gap', resolve),
  )
  await play('/faults', { phone: DEMO_PHONE, fault: { type: 'lost-offline' } })
  await play('/link/cut')
  for (const id of ['GAP-1', 'GAP-2']) await customerWrites({ text: id, id })
  await play('/link/restore')
  t.match(await gap, { instanceId: stack.instanceId, expected: 2, seen: 1 })
  t.match((await messageWhen('GAP-2')).metadata, { backfilled: true })
  t.equal(await findMessage('GAP-1'), undefined)
})
