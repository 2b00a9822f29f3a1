import { proto } from '@whiskeysockets/baileys'
import { sql } from 'kysely'
import { t, test } from 'tap'
import { call, startTestBroker } from './test-broker.ts'
import { ACCOUNT } from './test-linking.ts'

const CUSTOMER = '5511988887777'
const OTHER = '5511977776666'
t.setTimeout(120_000)
const { database, ask, connect, simulator, socket, webhook } = await startTestBroker(t)
const { db } = database
await connect('main')

const { persons, world } = simulator.server
function companion() {
  const device = persons.deviceAt(`${ACCOUNT}:1@s.whatsapp.net`)
  if (!device) throw new Error('nobody is linked')
  return device
}
function phone(digits: string) {
  const person = persons.named(digits)
  const device = person && persons.phoneOf(person)
  if (!device) throw new Error(`${digits} has no phone`)
  return device.phone
}
const customer = phone(CUSTOMER)
customer.configure({ deliveredAfterMs: 0, readAfterMs: null })
const control = <Body>(method: string, path: string, body: unknown) =>
  call<Body>(simulator.url + path, method, body)
const waiting = () => companion().mailbox.size
const turn = () => new Promise((resolve) => setImmediate(resolve))
async function untilConfirmed(): Promise<void> {
  while (waiting() > 0) await turn()
}
const told = (id: string) => webhook.taken.filter((event) => event.id.startsWith(id))
const untilTold = (id: string) => webhook.until(() => told(id).length > 0)

/** A message that the customer has, and neither read nor played. */
async function sent(to: string): Promise<string> {
  const { body } = await ask<{ id: string }>('POST', '/instances/main/send-text', { to, text: 'hello' })
  await untilTold(`${body.id}:${to === CUSTOMER ? 'status:3' : 'delivered'}`)
  await untilConfirmed()
  return body.id
}

const groupOf = async (members: string[]) =>
  (await control<{ jid: string }>('POST', '/groups', { subject: 'Family', creator: CUSTOMER, members })).body
    .jid
const family = await groupOf([ACCOUNT])
await webhook.until(() => webhook.taken.some(({ type }) => type === 'GROUP_UPDATED'))

/** Each makes one stanza, and resolves to the beginnings of the ids of what is told of it. */
const stanzas: [string, () => Promise<() => Promise<string[]>>][] = [
  [
    'a receipt',
    async () => {
      const id = await sent(CUSTOMER)
      return async () => {
        customer.read(ACCOUNT, [id])
        return [`${id}:status:4`]
      }
    },
  ],
  [
    'one receipt of several messages',
    async () => {
      const ids = [await sent(CUSTOMER), await sent(CUSTOMER), await sent(CUSTOMER)]
      return async () => {
        customer.read(ACCOUNT, ids)
        return ids.map((id) => `${id}:status:4`)
      }
    },
  ],
  [
    "a group member's receipt",
    async () => {
      const id = await sent(family)
      return async () => {
        customer.read(family, [id])
        return [`${id}:read:`]
      }
    },
  ],
  [
    'a call',
    async () => async () => {
      await control('POST', `/customers/${CUSTOMER}/calls`, { to: ACCOUNT, id: 'CALL1' })
      return ['call:CALL1:offer']
    },
  ],
  [
    'a message without content',
    async () => async () => {
      world.deliver(companion(), {
        tag: 'message',
        attrs: { id: '3AFA', from: `${CUSTOMER}@s.whatsapp.net`, type: 'text', t: '1767322000' },
        content: [{ tag: 'unavailable', attrs: { type: 'view_once_unavailable_fanout' } }],
      })
      return ['3AFA:undecryptable']
    },
  ],
]
for (const [what, prepare] of stanzas) {
  test(`${what} is acknowledged when it is in the journal, and not before`, async (t) => {
    const comes = await prepare()
    const ids = await db.transaction().execute(async (lock) => {
      await sql`lock table broker.journal in exclusive mode`.execute(lock)
      const beginnings = await comes()
      await untilBlocked()
      // A round trip to WhatsApp, behind which an acknowledgement would have come.
      await socket('main').fetchPrivacySettings(true)
      t.equal(waiting(), 1)
      return beginnings
    })
    for (const id of ids) await untilTold(id)
    await untilConfirmed()
    for (const id of ids) t.equal(told(id).length, 1)
  })
}

test('a change in a group is acknowledged when it is in the journal, and not before', async (t) => {
  const told = () =>
    webhook.taken.filter(({ type, payload }) => type === 'GROUP_UPDATED' && 'members' in payload).length
  const before = told()
  await db.transaction().execute(async (lock) => {
    await sql`lock table broker.journal in exclusive mode`.execute(lock)
    await control('POST', `/groups/${family}/members`, { by: CUSTOMER, change: 'add', phones: [OTHER] })
    await untilBlocked()
    await socket('main').fetchPrivacySettings(true)
    t.equal(waiting(), 1)
  })
  await webhook.until(() => told() > before)
  await untilConfirmed()
})

test('a call without content waits for what was told before it, as every stanza', async (t) => {
  const id = await sent(CUSTOMER)
  await db.transaction().execute(async (lock) => {
    await sql`lock table broker.journal in exclusive mode`.execute(lock)
    customer.read(ACCOUNT, [id])
    await untilBlocked()
    world.deliver(companion(), {
      tag: 'call',
      attrs: { id: 'CALL2', from: `${CUSTOMER}@s.whatsapp.net`, t: '1767322000' },
    })
    await socket('main').fetchPrivacySettings(true)
    t.equal(waiting(), 2)
  })
  await untilTold(`${id}:status:4`)
  await untilConfirmed()
})

async function untilBlocked(): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      select 1 from pg_locks where not granted and relation = 'broker.journal'::regclass`.execute(db)
    if (rows.length > 0) return
  }
}

test('a receipt whose connection ends before it is kept comes again and is told once, in its order', async (t) => {
  phone(OTHER).configure({ deliveredAfterMs: null })
  const { body } = await ask<{ id: string }>('POST', '/instances/main/send-text', {
    to: OTHER,
    text: 'hello',
  })
  const receipts = (type?: string) =>
    world.deliver(companion(), {
      tag: 'receipt',
      attrs: { id: body.id, from: `${OTHER}@s.whatsapp.net`, t: '1767322000', ...(type && { type }) },
    })
  const logins = companion().companion?.logins ?? 0
  await db.transaction().execute(async (lock) => {
    await sql`lock table broker.journal in exclusive mode`.execute(lock)
    receipts()
    receipts('read')
    await untilBlocked()
    await control('POST', '/faults', { fault: { type: 'cut' }, phone: ACCOUNT })
  })
  await untilTold(`${body.id}:status:4`)
  while ((companion().companion?.logins ?? 0) === logins) await turn()
  await untilConfirmed()
  t.same(
    told(body.id).map(({ id }) => id),
    [`${body.id}:status:3`, `${body.id}:status:4`],
  )
})

test('a phone that asks for a message again and again gets it, and its asking is acknowledged', async (t) => {
  customer.failToOpen(4)
  const id = await sent(CUSTOMER)
  t.match(customer.shown({ id }), [{ content: { text: 'hello' } }])
})

test('we ask for a message that cannot be opened five times, as WhatsApp Web does', async (t) => {
  const asked = socket('main').messageRetryManager
  for (const times of [1, 2, 3, 4, 5]) {
    t.notOk(asked?.hasExceededMaxRetries('3AFB'), `${times}`)
    asked?.incrementRetryCount('3AFB')
  }
  t.ok(asked?.hasExceededMaxRetries('3AFB'))
})

// The last one: nothing leaves this connection any more.
test('keys that our own phone shares are kept with the message that brings them', async (t) => {
  const keyId = Buffer.from('a key of the address book')
  // Baileys writes keys when its receipt is sent, and here that is never.
  Reflect.set(Reflect.get(socket('main').ws, 'socket'), 'send', () => undefined)
  await phone(ACCOUNT).tellCompanion(1, {
    protocolMessage: {
      type: proto.Message.ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE,
      appStateSyncKeyShare: { keys: [{ keyId: { keyId }, keyData: { keyData: Buffer.alloc(32, 7) } }] },
    },
  })
  const kept = db
    .selectFrom('broker.session_key')
    .select('id')
    .where('type', '=', 'app-state-sync-key')
    .where('id', '=', keyId.toString('base64'))
  while ((await kept.execute()).length === 0);
  t.equal(companion().mailbox.count().message, 1)
})
