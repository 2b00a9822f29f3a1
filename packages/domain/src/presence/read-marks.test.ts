import { MAX_READ } from '@carteiro/contracts/broker-presence'
import { sql } from 'kysely'
import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { saveMessage } from '../messages/save-message.ts'
import { messageEnvelope } from '../testing/envelopes.ts'
import { startDomain } from '../testing/start-domain.ts'
import { markTicketRead } from '../tickets/mark-read.ts'
import { claimReadMarks } from './claim-read-marks.ts'
import { dropOldReadMarks, settleReadMark } from './settle-read-mark.ts'

const domain = await startDomain(t)
const { db } = domain

let last = 0
const newPhone = () => `+55119${String(33360000 + ++last)}`

/** A customer writes. @returns the ticket, and WhatsApp's ids of the messages */
async function write(phone: string, count = 1, fields: Partial<ReturnType<typeof messageEnvelope>> = {}) {
  const messageIds: string[] = []
  let id = ''
  for (let n = 0; n < count; n++) {
    const envelope = messageEnvelope({ phone, ...fields })
    const result = await commit(domain, (work) => saveMessage(work, envelope))
    if (result.status !== 'saved') throw new Error(result.status)
    id = result.ticketId
    messageIds.push(envelope.providerMessageId)
  }
  return { id, messageIds }
}

const read = (id: string, tenantId = 'acme') => markTicketRead(domain, { tenantId, id })
const claim = (limit = 10) => claimReadMarks(db, { limit, claimSeconds: 60 })
const kept = async () => (await db.selectFrom('read_mark').selectAll().execute()).length
const due = () => sql`update read_mark set next_attempt_at = now()`.execute(db)

async function claimOne() {
  const [mark, ...others] = await claim()
  t.same(others, [], 'one ticket was read')
  if (!mark) throw new Error('nothing was claimed')
  return mark
}

t.test('what was unread is told, once, and nothing besides', async (t) => {
  const phone = newPhone()
  const first = await write(phone, 2)
  await read(first.id)
  const mark = await claimOne()
  t.match(mark, { messageIds: first.messageIds, to: phone, transport: 'baileys', attempt: 1 })
  t.same(await claim(), [], 'a claimed one is one worker\u2019s')
  await settleReadMark(db, mark, 'told')
  t.equal(await kept(), 0)

  await read(first.id)
  t.equal(await kept(), 0, 'nothing is unread')
  const later = await write(phone)
  await commit(domain, (work) => saveMessage(work, messageEnvelope({ phone, direction: 'outbound' })))
  await read(first.id)
  const next = await claimOne()
  t.same(next.messageIds, later.messageIds)
  await settleReadMark(db, next, 'told')
})

t.test('what is read while it is told is told after it', async (t) => {
  const phone = newPhone()
  const { id, messageIds } = await write(phone)
  await read(id)
  const mark = await claimOne()
  const more = await write(phone, 2)
  await read(id)
  await settleReadMark(db, mark, 'told')
  const next = await claimOne()
  t.same([mark.messageIds, next.messageIds], [messageIds, more.messageIds])
  await settleReadMark(db, next, 'told')
  t.equal(await kept(), 0)
})

t.test(
  'a worker that died leaves its marks to another, and settles nothing when it comes back',
  async (t) => {
    const { id, messageIds } = await write(newPhone())
    await read(id)
    const dead = await claimOne()
    await due()
    const other = await claimOne()
    t.match(other, { messageIds, attempt: 2 })
    await settleReadMark(db, dead, 'told')
    t.equal(await kept(), 1)
    await settleReadMark(db, other, 'later')
    t.same(await claim(), [], 'it waits')
    await due()
    await settleReadMark(db, await claimOne(), 'dropped')
    t.equal(await kept(), 0)
  },
)

t.test('what is read anew does not wait for what failed before', async (t) => {
  const phone = newPhone()
  const { id, messageIds } = await write(phone)
  await read(id)
  await settleReadMark(db, await claimOne(), 'later')
  t.same(await claim(), [])
  const more = await write(phone)
  await read(id)
  const mark = await claimOne()
  t.same(mark.messageIds, [...messageIds, ...more.messageIds])
  await write(phone)
  await read(id)
  t.same(await claim(), [], 'but for whom tells it just now')
  await sql`delete from read_mark`.execute(db)
})

t.test('of one instance two tickets are told at a time', async (t) => {
  for (let n = 0; n < 3; n++) await read((await write(newPhone())).id)
  const [first, second, ...others] = await claim()
  if (!first || !second) throw new Error('two are due')
  t.same(others, [])
  t.same(await claim(), [], 'nor does another worker')
  await settleReadMark(db, first, 'told')
  const third = await claimOne()
  t.notOk([first.ticketId, second.ticketId].includes(third.ticketId))
  for (const mark of [second, third]) await settleReadMark(db, mark, 'told')
  t.equal(await kept(), 0)
})

t.test('more than a call takes is told in parts', async (t) => {
  const { id, messageIds } = await write(newPhone(), MAX_READ + 1)
  await read(id)
  const first = await claimOne()
  await settleReadMark(db, first, 'told')
  const rest = await claimOne()
  await settleReadMark(db, rest, 'told')
  t.same([...first.messageIds, ...rest.messageIds], messageIds)
  t.equal(await kept(), 0)
})

t.test('while its instance is not connected it waits, for a day', async (t) => {
  const setConnected = (connected: boolean) =>
    db.updateTable('instance').set({ connected }).where('id', '=', 'acme-phone').execute()
  const { id, messageIds } = await write(newPhone())
  await setConnected(false)
  await read(id)
  t.same(await claim(), [])
  await setConnected(true)
  t.same((await claimOne()).messageIds, messageIds)
  t.equal(await dropOldReadMarks(db), 0)
  await sql`update read_mark set read_at = now() - interval '25 hours'`.execute(db)
  t.equal(await dropOldReadMarks(db), 1)
})

t.test('of calls and of what cannot be told nothing is told', async (t) => {
  const { id } = await write(newPhone(), 1, { message: { type: 'revoked' } })
  await read(id)
  const mark = await claimOne()
  t.same(mark.messageIds, [])
  await settleReadMark(db, mark, 'told')
  t.equal(await kept(), 0)
})

t.test('a broker that cannot be called, and a number without receipts, are told nothing', async (t) => {
  const set = (fields: { delivery?: 'pull' | 'push'; transport?: 'cloud' | 'baileys'; settings?: string }) =>
    db.updateTable('instance').set(fields).where('id', '=', 'other-phone').execute()
  const theirs = { tenantId: 'other', instanceId: 'other-phone' }
  const readOne = async () => {
    const { id } = await write(newPhone(), 1, theirs)
    await read(id, 'other')
    return kept()
  }
  await set({ delivery: 'pull' })
  t.equal(await readOne(), 0)
  const off = JSON.stringify({ broker: { readReceipts: false } })
  await set({ delivery: 'push', settings: off })
  t.equal(await readOne(), 1, 'a linked phone\u2019s broker looks at its setting itself')
})
