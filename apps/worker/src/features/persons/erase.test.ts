import { commit } from '@carteiro/domain/events/unit-of-work'
import { applyChange } from '@carteiro/domain/messages/apply-change'
import { saveMessage } from '@carteiro/domain/messages/save-message'
import { recordReceipt } from '@carteiro/domain/outbox/receipts'
import { retryDelivery } from '@carteiro/domain/outbox/retry-delivery'
import { keepSearchable } from '@carteiro/domain/search/keep-searchable'
import { editEnvelope, messageEnvelope, statusEnvelope } from '@carteiro/domain/testing/envelopes'
import { sql } from 'kysely'
import t from 'tap'
import { AWAY, FORGOTTEN, startErasing, wordsOf } from '../../testing/start-erasing.ts'

const rig = await startErasing(t)
const { act, broker, countStored, db, deleteFiles, domain, erase, fill, round, rowsOf, stateOf, stored } = rig
const PERSON = { phone: '+5511987654301', lid: '98765430100001@lid', mark: 'mk7f3a' }
/** Its numbers hold the person's. */
const NEIGHBOUR = { phone: '+55119876543012', lid: '198765430100001@lid', mark: 'nb4c1e' }
const person = await fill(PERSON)
const neighbour = await fill(NEIGHBOUR)
const rowsOfPerson = async (...words: string[]) => {
  const others = await rowsOf(wordsOf(NEIGHBOUR))
  return (await rowsOf([...wordsOf(PERSON), ...words])).filter((row) => !others.includes(row))
}
while (await keepSearchable(domain)) {}

t.test('one whose broker is away is erased everywhere else, and is not done before', async (t) => {
  const before = await rowsOf(wordsOf(NEIGHBOUR))
  t.ok(before.length > 50, 'the neighbour is everywhere')
  t.ok((await rowsOfPerson()).length > 50, 'and so is the person')
  const counts = await countAll()
  broker.answer = AWAY

  t.match(await erase(person.contactId), { step: 'begin', startedAt: null, finishedAt: null })
  await round()
  t.match(await stateOf(person.contactId), {
    ...{ step: 'brokers', waitingFor: 'the broker of acme-phone', finishedAt: null, messages: /^[1-9]\d/ },
  })
  broker.answer = FORGOTTEN
  await round()
  t.match(broker.asked, [
    { instanceId: 'acme-phone', jids: ['5511987654301@s.whatsapp.net', PERSON.lid] },
    {},
  ])
  t.match(await stateOf(person.contactId), { step: 'files', waitingFor: 'files to be deleted' })
  t.equal(await countStored(PERSON.mark), 3)
  await deleteFiles()
  await round()
  t.match(await stateOf(person.contactId), { step: 'done', waitingFor: null, finishedAt: /^20/ })

  t.same(await rowsOfPerson(), [], 'no row of any table tells of the person')
  t.equal(await countStored(PERSON.mark), 0, 'and no file')
  t.same(await rowsOf(wordsOf(NEIGHBOUR)), before, 'every row of the neighbour is what it was, to the letter')
  t.equal(await countStored(NEIGHBOUR.mark), 3)
  t.equal((await stored(neighbour.fileId))?.toString(), NEIGHBOUR.mark)
  t.same(await countAll(), counts, 'counts stay')
})

t.test(
  'what comes after the erasure is a new contact\u2019s, and nothing old comes back by it',
  async (t) => {
    const { id: old } = await messageOf(person.contactId, 'inbound')
    const { phone, lid } = PERSON
    const late = { phone, targetMessageId: await providerIdOf(old), text: 'late words' }
    t.match(await commit(domain, (work) => applyChange(work, editEnvelope(late))), { status: 'ignored' })
    const { id: sent } = await messageOf(person.contactId, 'outbound')
    const receipt = { providerMessageId: await providerIdOf(sent), status: 'DELIVERED' as const }
    const details = { recipient_id: phone.slice(1) }
    await commit(domain, (work) => recordReceipt(work, statusEnvelope({ ...receipt, details })))
    t.match(await retryDelivery(domain, { ...act, id: await failedOf(person.contactId) }), {
      status: 'impossible',
    })
    t.same(await rowsOfPerson('late words'), [])

    await commit(domain, (work) => saveMessage(work, messageEnvelope({ phone, text: 'fresh words' })))
    const fresh = await db
      .selectFrom('contact')
      .selectAll()
      .where('phone', '=', phone)
      .executeTakeFirstOrThrow()
    t.not(fresh.id, person.contactId)
    t.match(await erase(person.contactId), { step: 'done' }, 'asked again, it tells that it is done')
    await round()
    t.ok((await rowsOf(['fresh words'])).length > 0)
    t.equal((await db.selectFrom('contact').selectAll().where('lid', '=', lid).execute()).length, 0)
  },
)

const messageOf = (contactId: string, direction: 'inbound' | 'outbound') =>
  db
    .selectFrom('message')
    .select('id')
    .where('contact_id', '=', contactId)
    .where('direction', '=', direction)
    .where('provider_message_id', 'is not', null)
    .executeTakeFirstOrThrow()
const providerIdOf = async (id: string) =>
  (
    await db
      .selectFrom('message')
      .select('provider_message_id')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  ).provider_message_id ?? ''
const failedOf = async (contactId: string) =>
  (
    await db
      .selectFrom('delivery')
      .select('id')
      .where('contact_id', '=', contactId)
      .where('state', '=', 'FAILED')
      .executeTakeFirstOrThrow()
  ).id
/** What is counted: messages by state and direction, deliveries by state, tickets, numbers of events. */
async function countAll(): Promise<unknown> {
  const { rows } = await sql`
    select 'message' as what, direction || coalesce(state, '') as of, count(*)::int from message group by 2
    union all select 'delivery', state, count(*)::int from delivery group by 2
    union all select 'ticket', '', count(*)::int from ticket
    order by 1, 2`.execute(db)
  return rows
}
