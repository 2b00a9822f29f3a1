import { randomBytes } from 'node:crypto'
import type { ForgottenPerson } from '@carteiro/contracts/person'
import { createSeal } from '@carteiro/runtime/seal'
import { sql } from 'kysely'
import { t, test } from 'tap'
import { call, startTestBroker } from './test-broker.ts'

const PHONE = 'demo-phone'
const PERSON = '5511987654301'
/** Its number begins with the person's. */
const NEIGHBOUR = '55119876543012'
const rig = await startTestBroker(t)
const { db } = rig.database
await rig.connect(PHONE)

const heard = (text: string) =>
  rig.webhook.until(() => rig.webhook.taken.some(({ payload }) => payload.message?.text === text))
const send = (to: string, key: string) =>
  rig.ask(
    'POST',
    `/instances/${PHONE}/send-text`,
    { to, type: 'text', message: `to ${to}`, externalId: key },
    {
      'idempotency-key': key,
    },
  )
const forget = (fields: object = {}) =>
  rig.ask<ForgottenPerson>('POST', `/instances/${PHONE}/forget`, {
    jids: [...jids],
    messageIds: [MESSAGE],
    until: new Date(Date.now() + 60_000).toISOString(),
    ...fields,
  })
const MESSAGE = '01a20012-cc1a-7313-b048-764ce3c20078'

for (const phone of [PERSON, NEIGHBOUR]) {
  await rig.customerWrites(phone, { text: `words of ${phone}` })
  await heard(`words of ${phone}`)
}
await send(PERSON, MESSAGE)
await send(NEIGHBOUR, 'of the neighbour')
await rig.ask('POST', `/instances/${PHONE}/exists`, { numbers: [PERSON, NEIGHBOUR, '5511987654399'] })
/** Told, and so settled: what waits is not touched. */
const settled = async () => {
  for (;;) {
    const { rows } = await sql`
      select from broker.journal where state = 'waiting'
      union all select from broker.opened_message where settled_at is null`.execute(db)
    if (rows.length === 0) return
  }
}
await settled()

const { rows: mapped } = await sql<{ lid: string }>`
  select distinct substring(id from '[0-9]{5,}') as lid from broker.session_key
  where type = 'session' and id like '%\\_1.%'`.execute(db)
const lids = mapped.map(({ lid }) => lid)
const lidOf = async (phone: string): Promise<string | undefined> => {
  const rows = await db
    .selectFrom('broker.journal')
    .select('event')
    .where(sql<boolean>`event::text like ${`%words of ${phone}"%`}`)
    .execute()
  return lids.find((lid) => JSON.stringify(rows).includes(lid))
}
const lid = await lidOf(PERSON)
const jids = [`${PERSON}@s.whatsapp.net`, ...(lid ? [`${lid}@lid`] : [])]

/** Every row of the broker's tables that is of somebody, opened or not. */
async function rowsOf(numbers: string[]): Promise<string[]> {
  const words = numbers.map((number) => new RegExp(`(^|\\D)${number}(\\D|$)`))
  const found: string[] = []
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'broker'`.execute(db)
  for (const { name } of tables) {
    const { rows } = await sql<{ row: string }>`
      select t::text as row from ${sql.table(`broker.${name}`)} t`.execute(db)
    found.push(...rows.flatMap(({ row }) => (words.some((word) => word.test(row)) ? [`${name} ${row}`] : [])))
  }
  return found.toSorted()
}
const wordsOf = (phone: string, ...others: (string | undefined)[]) => [
  phone,
  ...others.filter((word) => word !== undefined),
]
const openedRows = async () =>
  (await db.selectFrom('broker.opened_message').select('number').execute()).length

test('what a broker keeps of a person goes, and of another one stays to the letter', async (t) => {
  const before = await rowsOf([NEIGHBOUR])
  const opened = await openedRows()
  t.ok(before.length > 2)
  t.ok((await rowsOf(wordsOf(PERSON, lid))).length > 3)
  const { status, body } = await forget()
  t.equal(status, 200)
  t.match(body, { opened: 1, sends: 1, numbers: 1 })
  t.ok(body.journal > 0 && body.keys > 0)
  t.same(await rowsOf(wordsOf(PERSON, lid)), [])
  t.same(await rowsOf([NEIGHBOUR]), before)
  t.equal(await openedRows(), opened - 1)
  t.same(
    (await forget()).body,
    { journal: 0, opened: 0, sends: 0, numbers: 0, keys: 0 },
    'once more changes nothing',
  )
})

test('what cannot be opened goes with it, and does not hold it up', async (t) => {
  const hash = randomBytes(32)
  await db
    .insertInto('broker.opened_message')
    .values({
      instance_id: PHONE,
      ciphertext_hash: hash,
      message_hash: hash,
      sealed: createSeal(randomBytes(32)).seal('{}', [PHONE, 'opened', hash.toString('hex')]),
      settled_at: new Date(),
    })
    .execute()
  const jids = ['5511987654377@s.whatsapp.net']
  t.match(await forget({ jids }), { status: 200, body: { opened: 1 } })
  t.match(await forget({ jids }), { status: 200, body: { opened: 0 } })
})

test("of a group that the person made, the others' keys stay", async (t) => {
  const creator = '5511987654366'
  const group = `${creator}-1510000000@g.us`
  const keys = [
    ['sender-key', `${group}::${NEIGHBOUR}::0`],
    ['sender-key', `${group}::${creator}::0`],
    ['sender-key-memory', group],
  ] as const
  await db
    .insertInto('broker.session_key')
    .values(keys.map(([type, id]) => ({ instance_id: PHONE, type, id, sealed: Buffer.alloc(1) })))
    .execute()
  const kept = async () =>
    (
      await db
        .selectFrom('broker.session_key')
        .select('id')
        .where('id', 'like', `${creator}%`)
        .orderBy('id')
        .execute()
    ).map(({ id }) => id)
  t.match(await forget({ jids: [`${creator}@s.whatsapp.net`] }), { status: 200, body: { keys: 1 } })
  t.same(await kept(), [group, `${group}::${NEIGHBOUR}::0`])
  t.match(await forget({ jids: [group] }), { status: 200, body: { keys: 2 } })
  t.same(await kept(), [])
})

test('a step that has read a key when it is forgotten does not write it again', async (t) => {
  const id = '5511987654355.0'
  const { keys } = rig.socket(PHONE).authState
  const session = Buffer.from('a session')
  await keys.set({ session: { [id]: session } })
  const hasRead = Promise.withResolvers<void>()
  const goesOn = Promise.withResolvers<void>()
  const step = keys.transaction(async () => {
    await keys.get('session', [id])
    hasRead.resolve()
    await goesOn.promise
    await keys.set({ session: { [id]: session } })
  }, id)
  await hasRead.promise
  const { transaction } = keys
  const waits = new Promise<void>((resolve) => {
    keys.transaction = (work, lock) => {
      if (lock === id) resolve()
      return transaction(work, lock)
    }
  })
  const forgotten = forget({ jids: ['5511987654355@s.whatsapp.net'] })
  await Promise.race([waits, forgotten])
  goesOn.resolve()
  await step
  t.match(await forgotten, { status: 200, body: { keys: 1 } })
  keys.transaction = transaction
  const left = db.selectFrom('broker.session_key').select('id').where('id', '=', id)
  t.same(await left.execute(), [])
  t.same(await keys.get('session', [id]), {})
})

test('the person can write and be written to as before', async (t) => {
  await rig.customerWrites(PERSON, { text: 'written after it' })
  await heard('written after it')
  const sent = await send(PERSON, 'after it')
  t.match(sent, { status: 200, body: { status: 'sent' } })
})

test('the key of a message that was sent is not used again', async (t) => {
  const { status } = await send(PERSON, MESSAGE)
  t.equal(status, 409)
})

test('what is younger than the erasure stays, and who asks wrongly is told so', async (t) => {
  const before = await rowsOf([PERSON])
  t.ok(before.some((row) => row.startsWith('journal')))
  t.match(await forget({ until: '2020-01-01T00:00:00.000Z', jids: ['5511987654388@s.whatsapp.net'] }), {
    status: 200,
  })
  t.same(await rowsOf([PERSON]), before)
  t.match(await forget({ jids: [] }), { status: 400 })
  t.match(await forget({ jids: ['%'] }), { status: 400 })
  t.match(await rig.ask('POST', '/instances/nobody/forget', { jids, until: new Date().toISOString() }), {
    status: 404,
    body: { error: { code: 'INSTANCE_NOT_FOUND' } },
  })
})

test('while a session connects, which may have read the keys before, who asks is told to ask again', async (t) => {
  const person = { jids: ['5511987654344@s.whatsapp.net'] }
  await call(`${rig.simulator.url}/faults`, 'POST', { fault: { type: 'delay', ms: 60_000 } })
  await rig.ask('POST', `/instances/${PHONE}/restart`)
  t.match(await forget(person), { status: 409, body: { error: { code: 'INSTANCE_DISCONNECTED' } } })
  await rig.ask('POST', `/instances/${PHONE}/disconnect`)
  t.match(await forget(person), { status: 200 })
})
