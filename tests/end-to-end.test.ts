import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { EmittedEvent } from '@carteiro/contracts/event'
import { connect } from '@carteiro/database/connect'
import { createKey } from '@carteiro/domain/keys/create-key'
import { createTenant } from '@carteiro/domain/tenants/create-tenant'
import { createLogger } from '@carteiro/runtime/logger'
import { io } from 'socket.io-client'
import t from 'tap'
import { SENT_OR_FURTHER } from '../scripts/prove/parts/sent-or-further.ts'
import { createApiClient } from '../scripts/stack/api-client.ts'
import { startStack } from '../scripts/stack/start-stack.ts'

const PHONE = '5511987654321'

const dataDirectory = await mkdtemp(path.join(tmpdir(), 'carteiro-e2e-'))
const stack = await startStack({ dataDirectory, ports: 'free', simulator: true })
const simulatorUrl = stack.urls.simulator ?? ''
const api = createApiClient(stack.urls.api, stack.apiKey)
t.teardown(async () => {
  await stack.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})

const auth = { token: stack.apiKey, rooms: [`tenant:${stack.tenantId}`] }
const socket = io(stack.urls.api, { transports: ['websocket'], auth })
t.teardown(() => socket.close())
await new Promise<void>((resolve, reject) => {
  socket.once('connect', resolve)
  socket.once('connect_error', reject)
})

const heard: EmittedEvent<'messages.new'>[] = []
socket.on('messages.new', (event: EmittedEvent<'messages.new'>) => heard.push(event))

const nextEvent = <Event>(name: string, fits: (event: Event) => boolean): Promise<Event> =>
  new Promise((resolve) => {
    const listener = (event: Event) => {
      if (!fits(event)) return
      socket.off(name, listener)
      resolve(event)
    }
    socket.on(name, listener)
  })

const sent = new Set<string>()
socket.on('message.status.changed', ({ messageId, status }: EmittedEvent<'message.status.changed'>) => {
  if (SENT_OR_FURTHER.includes(status)) sent.add(messageId)
})

/** Resolves when WhatsApp has the message: it may have it before we ask. */
async function untilSent(messageId: string): Promise<void> {
  while (!sent.has(messageId)) await nextEvent('message.status.changed', () => true)
}

async function simulate(method: string, url: string, body?: object) {
  const response = await fetch(simulatorUrl + url, {
    method,
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  })
  return response.json()
}

t.test('what a customer writes reaches a Socket.IO client once, and the ticket lists it', async (t) => {
  const arrived = nextEvent<EmittedEvent<'messages.new'>>(
    'messages.new',
    (event) => event.message.text === 'Oi!',
  )
  await simulate('POST', `/customers/${PHONE}/messages`, { text: 'Oi!' })
  const event = await arrived
  t.match(event, {
    tenantId: stack.tenantId,
    message: { direction: 'inbound', text: 'Oi!' },
    prevSeq: event.seq - 1,
  })
  const tickets = await api.get('/api/tickets')
  t.match(tickets.body.items, [{ id: event.ticketId, preview: 'Oi!', contact: { phone: `+${PHONE}` } }])
  const messages = await api.get(`/api/tickets/${event.ticketId}/messages`)
  t.match(messages.body.items, [{ text: 'Oi!', direction: 'inbound' }])
  t.equal(heard.filter(({ message }) => message.text === 'Oi!').length, 1)
})

t.test(
  'an answer that is posted twice with one key shows on the phone once, and is SENT with its attempt',
  async (t) => {
    const body = { channel: 'WHATSAPP', to: `+${PHONE}`, text: 'Olá!', idempotencyKey: 'e2e-answer' }
    const [first, second] = await Promise.all([
      api.post('/api/v1/outbound/messages', body),
      api.post('/api/v1/outbound/messages', body),
    ])
    t.same([first.status, second.status].sort(), [200, 201])
    t.equal(first.body.id, second.body.id)
    await untilSent(first.body.id)

    const message = await api.get(`/api/v1/outbound/messages/${first.body.id}`)
    t.ok(SENT_OR_FURTHER.includes(message.body.status))
    t.match(message.body, {
      attempts: [{ attemptNo: 1, status: 'sent' }],
      providerMessageId: /^3EB0/,
    })
    t.match(await simulate('GET', `/customers/${PHONE}/messages`), {
      items: [{ id: message.body.providerMessageId, text: 'Olá!', stanzas: 1 }],
    })
  },
)

t.test(
  'the template that a fresh start makes reaches the phone, filled by Meta\u2019s components',
  async (t) => {
    const components = [{ type: 'body', parameters: [{ type: 'text', text: 'John Doe' }] }]
    const { status, body } = await api.post('/api/v1/outbound/messages', {
      dossierId: 456,
      channel: 'WHATSAPP',
      to: '+1234567890',
      templateCode: 'welcome_message',
      payloadJson: { language: 'en', components },
      idempotencyKey: 'unique-123',
    })
    t.equal(status, 201)
    await untilSent(body.id)
    t.match(body.payloadJson.rendered.text, /^Hello John Doe, welcome!/)
    t.match(await simulate('GET', '/customers/1234567890/messages'), {
      items: [{ text: body.payloadJson.rendered.text, stanzas: 1 }],
    })
  },
)

t.test('a send while the link is cut waits, uses no attempt, and leaves when it is restored', async (t) => {
  const waitFor = (connected: boolean) =>
    nextEvent<EmittedEvent<'whatsapp.instance.updated'>>(
      'whatsapp.instance.updated',
      (event) => event.connected === connected,
    )
  const down = waitFor(false)
  await simulate('POST', '/link/cut')
  await down
  const { body } = await api.post('/api/v1/outbound/messages', { to: `+${PHONE}`, text: 'Later' })
  t.match((await api.get(`/api/v1/outbound/messages/${body.id}`)).body, { status: 'QUEUED', attemptCount: 0 })

  await simulate('POST', '/link/restore')
  await untilSent(body.id)
  const { status, attemptCount } = (await api.get(`/api/v1/outbound/messages/${body.id}`)).body
  t.ok(SENT_OR_FURTHER.includes(status))
  t.equal(attemptCount, 1)
})

t.test(
  'an album of 200 pictures from a new contact, posted at once, is one ticket with 200 messages',
  async (t) => {
    const phone = '5511955550000'
    const ids = Array.from({ length: 200 }, (_, n) => `ALBUM${n}`)
    const isLast = (event: EmittedEvent<'messages.new'>) =>
      event.message.text?.startsWith('picture') === true && ++stored === ids.length
    let stored = 0
    const allStored = nextEvent<EmittedEvent<'messages.new'>>('messages.new', isLast)
    const answers = await Promise.all(ids.map((id) => postPicture(phone, id)))
    t.ok(answers.every((status) => status === 202))
    const { ticketId } = await allStored

    const { body } = await api.get(`/api/tickets/${ticketId}/messages?limit=200`)
    const got: string[] = body.items.map((item: { providerMessageId: string }) => item.providerMessageId)
    t.same(got.toSorted(), ids.toSorted())
    const tickets = (await api.get('/api/tickets?limit=200')).body.items
    t.equal(
      tickets.filter((one: { contact: { phone: string } }) => one.contact.phone === `+${phone}`).length,
      1,
    )
  },
)

function postPicture(phone: string, id: string): Promise<number> {
  const message = { imageMessage: { mimetype: 'image/jpeg', caption: `picture ${id}` } }
  const key = { remoteJid: `${phone}@s.whatsapp.net`, id, fromMe: false }
  return fetch(`${stack.urls.api}/api/integrations/whatsapp/webhook`, {
    method: 'POST',
    headers: { 'x-api-key': stack.brokerKey, 'content-type': 'application/json' },
    body: JSON.stringify({
      event: 'WHATSAPP_MESSAGES_UPSERT',
      instanceId: stack.instanceId,
      payload: { type: 'notify', messages: [{ key, messageTimestamp: 1_714_655_100, message }] },
    }),
  }).then((response) => response.status)
}

t.test('another tenant\u2019s key sees nothing', async (t) => {
  const connection = connect({ url: stack.databaseUrl, logger: createLogger('test', 'silent'), name: 'test' })
  t.teardown(connection.close)
  const { db } = connection
  await createTenant({ db }, { id: 'stranger', name: 'Stranger' })
  const { secret } = await createKey(
    { db },
    { tenantId: 'stranger', name: 'test', scopes: ['admin'], actor: 'test' },
  )
  const stranger = createApiClient(stack.urls.api, secret)
  const [ticket] = (await api.get('/api/tickets')).body.items
  t.same((await stranger.get('/api/tickets')).body.items, [])
  t.equal((await stranger.get(`/api/tickets/${ticket.id}/messages`)).status, 404)
  t.equal((await stranger.get(`/api/integrations/whatsapp/instances/${stack.instanceId}`)).status, 404)
})
