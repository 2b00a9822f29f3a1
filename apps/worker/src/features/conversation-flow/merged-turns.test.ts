import type { Envelope } from '@carteiro/contracts/envelope'
import { DEFAULT_FLOW } from '@carteiro/domain/flow/default-flow'
import { envelopeBase } from '@carteiro/domain/testing/envelopes'
import { changeTicket } from '@carteiro/domain/tickets/change-ticket'
import { sql } from 'kysely'
import t from 'tap'
import { GREETING, HANDOFF, NAME, NATIONALITY, SERVICE, startConversations } from '../../testing/converse.ts'
import { runTurns } from './run-turns.ts'

const { answersIn, countTurns, dependencies, domain, said, store, ticketOf, turnOn } =
  await startConversations(t)
const { db } = domain

let last = 0
const newPerson = () => ({
  phone: `+55119888${String(70_000 + ++last)}`,
  lid: `${990_000_000_000 + last}@lid`,
})

async function take(...envelopes: Envelope[]): Promise<void> {
  await store(...envelopes)
  await runTurns(dependencies)
}

const saidByLid = (lid: string, text: string) => said('', text, { chatKey: lid, contact: {} })

/** WhatsApp tells that both are one person. */
const mapping = ({ phone, lid }: { phone: string; lid: string }): Envelope => ({
  ...envelopeBase({ phone }),
  kind: 'contact',
  contact: {},
  phone,
  lid,
})

t.beforeEach(async () => {
  await sql`delete from flow_state`.execute(db)
  await sql`delete from flow`.execute(db)
  await turnOn()
})

t.test(
  'a conversation that goes into an older ticket goes on there: its question still waits for the answer',
  async (t) => {
    const person = newPerson()
    await sql`update flow set enabled = false`.execute(db)
    await take(said(person.phone, 'Are you there?'))
    await sql`update flow set enabled = true`.execute(db)
    await take(saidByLid(person.lid, 'Hello'), saidByLid(person.lid, 'family visa'))
    await take(mapping(person))
    await take(said(person.phone, 'Maria da Silva'))
    const { id, known_fields: known } = await ticketOf(person.phone)
    t.match(known, { service: 'Family Visa', name: 'Maria da Silva' })
    t.same(await answersIn(id), [GREETING, SERVICE, NAME, NATIONALITY])
  },
)

t.test('of two conversations that become one, the question that was asked last waits', async (t) => {
  const person = newPerson()
  await take(said(person.phone, 'Hello'))
  await take(saidByLid(person.lid, 'Hello'), saidByLid(person.lid, 'golden visa, my name is Ana Lima'))
  await take(mapping(person))
  await take(said(person.phone, 'Brazilian'))
  const { id, known_fields: known } = await ticketOf(person.phone)
  t.match(known, { service: 'Golden Visa', name: 'Ana Lima', nationality: 'Brazilian' })
  t.same(await answersIn(id), [GREETING, SERVICE, GREETING, SERVICE, NATIONALITY, HANDOFF])
})

t.test('where one of the two was handed to a person, nothing more is said in the other', async (t) => {
  const person = newPerson()
  await take(said(person.phone, 'Hello'))
  await turnOn({ questions: DEFAULT_FLOW.questions.slice(0, 1) })
  await take(saidByLid(person.lid, 'family visa'))
  await turnOn()
  await take(mapping(person))
  await take(said(person.phone, 'golden visa'))
  const { id } = await ticketOf(person.phone)
  t.same(await answersIn(id), [GREETING, SERVICE, GREETING, HANDOFF])
})

t.test('where somebody had taken one of the two, nothing more is said in the other', async (t) => {
  const person = newPerson()
  await take(said(person.phone, 'Hello'))
  await take(saidByLid(person.lid, 'Hello'))
  const { id: byLid } = await db
    .selectFrom('ticket')
    .innerJoin('contact', 'contact.id', 'ticket.contact_id')
    .select('ticket.id')
    .where('contact.lid', '=', person.lid)
    .executeTakeFirstOrThrow()
  const assign = (assigneeId: string | null) => {
    const act = { tenantId: 'acme', id: byLid, actor: 'joe', requestId: 'request-1' }
    return changeTicket(domain, { ...act, change: { assigneeId } })
  }
  await assign('joe')
  await take(saidByLid(person.lid, 'family visa'))
  await assign(null)
  await take(mapping(person))
  await take(said(person.phone, 'golden visa'))
  const { id } = await ticketOf(person.phone)
  t.not(id, byLid)
  t.same(await answersIn(id), [GREETING, SERVICE, GREETING, SERVICE])
})

t.test(
  'what waits for the flow while its ticket goes into another one is answered there, once',
  async (t) => {
    const person = newPerson()
    await store(said(person.phone, 'Hello'))
    await store(saidByLid(person.lid, 'family visa'))
    t.equal(await countTurns(), 2)
    await store(mapping(person))
    await Promise.all([runTurns(dependencies), runTurns(dependencies)])
    t.equal(await countTurns(), 0)
    const { id } = await ticketOf(person.phone)
    t.same(await answersIn(id), [GREETING, SERVICE, NAME])
  },
)

t.test(
  'a ticket that goes into another one while its turn is being taken loses no answer and doubles none',
  async (t) => {
    for (let round = 0; round < 8; round++) {
      const person = newPerson()
      await take(said(person.phone, 'Hello'))
      await store(saidByLid(person.lid, 'family visa'))
      await Promise.all([runTurns(dependencies), store(mapping(person)), runTurns(dependencies)])
      await runTurns(dependencies)
      const { id, known_fields: known } = await ticketOf(person.phone)
      t.match(known, { service: 'Family Visa' })
      const answers = await answersIn(id)
      t.equal(answers.filter((text) => text === NAME).length, 1)
      await take(said(person.phone, 'Ana Lima'))
      t.same((await answersIn(id)).slice(answers.length), [NATIONALITY])
    }
  },
)
