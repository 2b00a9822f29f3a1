import { sql } from 'kysely'
import t from 'tap'
import { saveTold } from '../contacts/save-told.ts'
import { commit } from '../events/unit-of-work.ts'
import { saveMessage } from '../messages/save-message.ts'
import { envelopeBase, messageEnvelope } from '../testing/envelopes.ts'
import { startDomain } from '../testing/start-domain.ts'
import { markTicketRead } from '../tickets/mark-read.ts'
import { claimReadMarks } from './claim-read-marks.ts'
import { settleReadMark } from './settle-read-mark.ts'

const domain = await startDomain(t)
const { db } = domain

let last = 0
/** A customer who writes by phone and by LID, and is not known to be one person. The phone's ticket is the older. */
async function newPerson() {
  const phone = `+55119${String(33390000 + ++last)}`
  const lid = `${7800000 + last}@lid`
  const write = async (fields: Parameters<typeof messageEnvelope>[0]) => {
    const envelope = messageEnvelope(fields)
    const result = await commit(domain, (work) => saveMessage(work, envelope))
    if (result.status !== 'saved') throw new Error(result.status)
    return { id: result.ticketId, messageId: envelope.providerMessageId }
  }
  const told = { ...envelopeBase(), kind: 'contact' as const, contact: { name: null, pushName: null } }
  return {
    byPhone: () => write({ phone }),
    byLid: () => write({ chatKey: lid, contact: { pushName: 'Mari' } }),
    merge: () => commit(domain, (work) => saveTold(work, { ...told, phone, lid })),
  }
}
const read = (id: string) => markTicketRead(domain, { tenantId: 'acme', id })
const claim = () => claimReadMarks(db, { limit: 10, claimSeconds: 60 })
const claimIds = async () => (await claim()).map(({ ticketId, messageIds }) => ({ ticketId, messageIds }))

t.afterEach(async () => {
  await sql`delete from read_mark`.execute(db)
})

t.test('what was read of either ticket is told when the two have become one', async (t) => {
  const { byPhone, byLid, merge } = await newPerson()
  const [older, younger, third] = [await byPhone(), await byLid(), await byPhone()]
  await read(older.id)
  await read(younger.id)
  await merge()
  const messageIds = [older.messageId, younger.messageId, third.messageId]
  t.same(await claimIds(), [{ ticketId: older.id, messageIds }])
})

t.test('what was read of the younger alone is told of the ticket that goes on', async (t) => {
  const { byPhone, byLid, merge } = await newPerson()
  const [older, younger] = [await byPhone(), await byLid()]
  await read(younger.id)
  await merge()
  t.same(await claimIds(), [{ ticketId: older.id, messageIds: [younger.messageId] }])
})

t.test('what nobody has read of the other ticket is not told as read', async (t) => {
  const { byPhone, byLid, merge } = await newPerson()
  const [first] = [await byPhone(), await byLid(), await byPhone()]
  await read(first.id)
  await merge()
  t.same(await claimIds(), [{ ticketId: first.id, messageIds: [first.messageId] }])
})

t.test('who tells of a ticket while it is merged settles nothing', async (t) => {
  const { byPhone, byLid, merge } = await newPerson()
  const [older, younger] = [await byPhone(), await byLid()]
  await read(older.id)
  const [mark] = await claim()
  if (!mark) throw new Error('nothing was claimed')
  await read(younger.id)
  await merge()
  await settleReadMark(db, mark, 'told')
  t.same(await claimIds(), [{ ticketId: older.id, messageIds: [older.messageId, younger.messageId] }])
})
