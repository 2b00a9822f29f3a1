import { createTestDatabase } from '@carteiro/database/test-database'
import { startDatabaseRelay } from '@carteiro/database/testing/relay'
import { sql } from 'kysely'
import { t, test } from 'tap'
import { messageHash } from './message-hash.ts'
import { call, startTestBroker } from './test-broker.ts'
import { ACCOUNT } from './test-linking.ts'

const CUSTOMER = '5511988887777'
t.setTimeout(120_000)
const database = await createTestDatabase(t)
const { db } = database
const relay = await startDatabaseRelay(t, database.url)
const { ask, connect, customerWrites, onPhone, simulator, socket, webhook } = await startTestBroker(t, {
  DATABASE_URL: relay.url,
})
await connect('main')

const phone = (digits: string) => {
  const person = simulator.server.persons.named(digits)
  const device = person && simulator.server.persons.phoneOf(person)
  if (!device) throw new Error(`${digits} has no phone`)
  return device.phone
}
const companion = () => {
  const device = simulator.server.persons.deviceAt(`${ACCOUNT}:1@s.whatsapp.net`)
  if (!device) throw new Error('nobody is linked')
  return device
}
const told = (id: string) => webhook.taken.filter((event) => event.payload.message?.id === id)
const untilTold = (id: string) =>
  webhook.until(() => told(id).some(({ type }) => type !== 'MESSAGE_UNDECRYPTABLE'))
async function untilSettled(): Promise<void> {
  for (;;) {
    const open = await db
      .selectFrom('broker.opened_message')
      .select('number')
      .where('settled_at', 'is', null)
      .execute()
    if (open.length === 0) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const { body: group } = await call<{ jid: string }>(`${simulator.url}/groups`, 'POST', {
  subject: 'Family',
  creator: CUSTOMER,
  members: [ACCOUNT, '5511977776666'],
})

/** What people write, and of what Baileys makes messages differently. */
const writings: [string, string, (id: string) => Promise<unknown>][] = [
  ['a text', '3A01', (id) => customerWrites(CUSTOMER, { text: 'hello', id })],
  [
    'a text in a group',
    '3A02',
    (id) => phone(CUSTOMER).write(group.jid, { type: 'text', text: 'all' }, { id }),
  ],
  ['a second one', '3A03', (id) => phone(CUSTOMER).write(group.jid, { type: 'text', text: 'again' }, { id })],
  [
    'what our own phone writes',
    '3A04',
    (id) => phone(ACCOUNT).write(CUSTOMER, { type: 'text', text: 'me' }, { id }),
  ],
  [
    'a reaction',
    '3A05',
    (id) =>
      phone(CUSTOMER).write(ACCOUNT, { type: 'reaction', message: { id: '3A04' }, emoji: '👍' }, { id }),
  ],
]
for (const [what, id, write] of writings) {
  test(`${what} that came twice is receipted twice and told once`, async (t) => {
    const fault = { fault: { type: 'duplicate' }, phone: ACCOUNT }
    t.equal((await call(`${simulator.url}/faults`, 'POST', fault)).status, 202)
    await write(id)
    await untilTold(id)
    await untilSettled()
    t.equal(told(id).length, 1)
    t.equal(companion().mailbox.count().message ?? 0, 0)
  })
}

test('what was committed and not journalled is told at the next start, as it would have been', async (t) => {
  await untilSettled()
  const ids = writings.map(([, id]) => id)
  const journal = () =>
    db
      .selectFrom('broker.journal')
      .select(['event_id', 'chat_key', 'event'])
      .where('event_id', 'in', ids)
      .orderBy('number')
      .execute()
  const before = await journal()
  t.equal(before.length, writings.length)
  await ask('POST', '/instances/main/disconnect')
  await db.deleteFrom('broker.journal').where('event_id', 'in', ids).execute()
  await sql`update broker.opened_message set settled_at = null`.execute(db)
  const from = webhook.taken.length
  await ask('POST', '/instances/main/connect')
  await webhook.until(() => webhook.taken.slice(from).some(({ payload }) => payload.status === 'connected'))
  await untilSettled()
  t.same(await journal(), before)
})

test('no receipt leaves before the commit', async (t) => {
  const mailbox = () => companion().mailbox.count().message ?? 0
  await db.transaction().execute(async (lock) => {
    await sql`lock table broker.opened_message in exclusive mode`.execute(lock)
    await customerWrites(CUSTOMER, { text: 'wait', id: '3B01' })
    await untilBlocked()
    // A round trip to WhatsApp, behind which a receipt would have come.
    await socket('main').fetchPrivacySettings(true)
    t.equal(mailbox(), 1)
    t.equal(told('3B01').length, 0)
  })
  await untilTold('3B01')
  t.equal(mailbox(), 0)
})

async function untilBlocked(): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      select 1 from pg_locks where not granted and relation = 'broker.opened_message'::regclass`.execute(db)
    if (rows.length > 0) return
  }
}

test('while PostgreSQL is away nothing is lost, and no placeholder is told of', async (t) => {
  const came = arrivals(3)
  await relay.goAway()
  await customerWrites(CUSTOMER, { text: 'first', id: '3C01' })
  await phone(CUSTOMER).write(group.jid, { type: 'text', text: 'second' }, { id: '3C02' })
  await customerWrites('5511977776666', { text: 'from another', id: '3C03' })
  await came
  await relay.comeBack()
  for (const id of ['3C01', '3C02', '3C03']) await untilTold(id)
  // What was posted while PostgreSQL went away is posted again, under the same id.
  for (const id of ['3C01', '3C02', '3C03']) t.same([...new Set(told(id).map((event) => event.id))], [id])
})

test('a phone that asks for a message while PostgreSQL is away is given it afterwards', async (t) => {
  phone(CUSTOMER).setOnline(false)
  const { body } = await ask<{ id: string }>('POST', '/instances/main/send-text', {
    to: CUSTOMER,
    text: 'later',
  })
  // What a connection has sent, Baileys has in its memory.
  const from = webhook.taken.length
  await ask('POST', '/instances/main/restart')
  await webhook.until(() => webhook.taken.slice(from).some(({ payload }) => payload.status === 'connected'))
  const came = arrivals(1, 'receipt,type:retry')
  await relay.goAway()
  phone(CUSTOMER).failToOpen(1)
  phone(CUSTOMER).setOnline(true)
  await came
  await relay.comeBack()
  while (phone(CUSTOMER).shown({ id: body.id }).length === 0) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.match(phone(CUSTOMER).shown({ id: body.id }), [{ content: { text: 'later' } }])
})

function arrivals(count: number, what = 'message'): Promise<void> {
  let left = count
  return new Promise((resolve) => {
    const { ws } = socket('main')
    ws.on(`CB:${what}`, () => {
      left -= 1
      if (left === 0) resolve()
    })
  })
}

test('what could not be opened is asked for again and then told', async (t) => {
  // Until it is answered, a phone sends all that opens a session with every message.
  await ask('POST', '/instances/main/send-text', { to: CUSTOMER, text: 'answer' })
  const { signalRepository } = socket('main')
  const { lid } = phone(CUSTOMER)
  await signalRepository.deleteSession([`${CUSTOMER}@s.whatsapp.net`, `${lid}@lid`])
  await customerWrites(CUSTOMER, { text: 'once more', id: '3D01' })
  await untilTold('3D01')
  t.same(
    told('3D01')
      .map(({ type }) => type)
      .sort(),
    ['MESSAGE_INBOUND', 'MESSAGE_UNDECRYPTABLE'],
  )
  await untilSettled()
})

test('both sides write at once, and each reads the other without asking again', async (t) => {
  t.setTimeout(60_000)
  const before = webhook.taken.filter(({ type }) => type === 'MESSAGE_UNDECRYPTABLE').length
  const turns = Array.from({ length: 20 }, (_, turn) => turn)
  const sent = await Promise.all(
    turns.map(async (turn) => {
      const body = { to: CUSTOMER, text: `ours ${turn}` }
      const [{ body: answer }] = await Promise.all([
        ask<{ id: string }>('POST', '/instances/main/send-text', body),
        customerWrites(CUSTOMER, { text: `theirs ${turn}`, id: `3E${turn}` }),
      ])
      return answer.id
    }),
  )
  for (const turn of turns) await untilTold(`3E${turn}`)
  t.equal(webhook.taken.filter(({ type }) => type === 'MESSAGE_UNDECRYPTABLE').length, before)
  for (const id of sent) t.match(await onPhone(CUSTOMER, id), [{ stanzas: 1 }])
})

test('two sessions that hear the same person at once each commit a message with its own keys', async (t) => {
  t.setTimeout(60_000)
  await connect('second')
  for (let turn = 0; turn < 5; turn++) {
    const id = `3F0${turn}`
    // What is settled has been written again, by another transaction.
    await db.transaction().execute(async (lock) => {
      await sql`lock table broker.journal in share mode`.execute(lock)
      await customerWrites(CUSTOMER, { text: id, id })
      t.same(await untilOpened(id, 2), ['main', 'second'])
    })
    await webhook.until(() => new Set(told(id).map(({ instanceId }) => instanceId)).size === 2)
  }
})

/** @returns when this customer's message was opened so often, the instances where the session was written with it */
async function untilOpened(id: string, count: number): Promise<string[]> {
  // The history that a phone tells a client that it has just linked is opened meanwhile.
  const hash = messageHash({ remoteJid: `${CUSTOMER}@s.whatsapp.net`, id, fromMe: false })
  for (;;) {
    const { rows } = await sql<{ instance_id: string; together: boolean }>`
      select instance_id, exists (
        select from broker.session_key k
        where k.instance_id = o.instance_id and k.type = 'session' and k.xmin = o.xmin
      ) as together
      from broker.opened_message o where message_hash = ${hash} and settled_at is null order by instance_id`.execute(
      db,
    )
    if (rows.length === count) return rows.flatMap((row) => (row.together ? row.instance_id : []))
  }
}
