import type { Envelope } from '@carteiro/contracts/envelope'
import { newId } from '@carteiro/database/new-id'
import { readConsent } from '@carteiro/domain/consents/read-consents'
import { claim } from '@carteiro/domain/outbox/claim'
import { queueMessage } from '@carteiro/domain/outbox/queue-message'
import { messageEnvelope, reactionEnvelope } from '@carteiro/domain/testing/envelopes'
import { outboundRequest } from '@carteiro/domain/testing/outbound-request'
import { changeTicket } from '@carteiro/domain/tickets/change-ticket'
import { sql } from 'kysely'
import t from 'tap'
import { GREETING, HANDOFF, NAME, NATIONALITY, SERVICE, startConversations } from '../../testing/converse.ts'
import { runTurns } from './run-turns.ts'

const conversations = await startConversations(t)
const { dependencies, domain, registry, said, store, ticketOf, countTurns, turnOn } = conversations
const { db } = domain

let lastPhone = 5_511_977_770_000
const newPhone = () => `+${++lastPhone}`

/** Customers write, and what is to be answered is answered. */
async function take(...envelopes: Envelope[]): Promise<void> {
  await store(...envelopes)
  await runTurns(dependencies)
}

const answersTo = async (phone: string) =>
  (
    await db
      .selectFrom('delivery')
      .innerJoin('message', 'message.id', 'delivery.id')
      .select(['message.text', 'idempotency_key', 'purpose', 'priority'])
      .where('recipient', '=', phone)
      .orderBy('message.number')
      .execute()
  ).map(({ text }) => text)

t.beforeEach(async () => {
  await sql`delete from flow_state`.execute(db)
  await sql`delete from flow`.execute(db)
})

t.test('nothing waits for an answer where a tenant has no flow, or has turned it off', async (t) => {
  const phone = newPhone()
  await store(said(phone, 'Hello'))
  t.equal(await countTurns(), 0)
  await turnOn({ enabled: false })
  await store(said(phone, 'Hello'))
  t.equal(await countTurns(), 0)
  await turnOn({}, 'other')
  await store(said(phone, 'Hello'))
  t.equal(await countTurns(), 0, 'another tenant\u2019s flow is another tenant\u2019s')
  t.same(await answersTo(phone), [])
})

t.test(
  'a conversation is led from the greeting to the hand-off, and the ticket knows what was said',
  async (t) => {
    await turnOn()
    const phone = newPhone()
    const first = said(phone, 'Hello')
    await take(first)
    await take({ ...first, id: newId() })
    for (const text of [
      'family visa please',
      'Maria da Silva',
      'Brazilian',
      'maria@example.com in the morning',
    ]) {
      await take(said(phone, text))
    }
    t.same(await answersTo(phone), [GREETING, SERVICE, NAME, NATIONALITY, HANDOFF])
    const ticket = await ticketOf(phone)
    t.match(ticket.known_fields, {
      service: 'Family Visa',
      name: 'Maria da Silva',
      nationality: 'Brazilian',
      email: 'maria@example.com',
      best_time: 'in the morning',
      firstGreetingSentAt: /^20/,
    })
    const deliveries = await db
      .selectFrom('delivery')
      .selectAll()
      .where('ticket_id', '=', ticket.id)
      .execute()
    const id = first.kind === 'message' ? first.providerMessageId : ''
    const keys = deliveries.map((delivery) => delivery.idempotency_key)
    t.ok(keys.includes(`flow:${ticket.id}:${id}:GREETING`))
    t.ok(keys.includes(`flow:${ticket.id}:${id}:ASK_SERVICE`))
    t.ok(deliveries.every(({ purpose, priority }) => purpose === 'service' && priority === 0))
    const timeline = await db
      .selectFrom('timeline_entry')
      .select(['type', 'details'])
      .where('ticket_id', '=', ticket.id)
      .where('type', '=', 'TICKET_HANDED_OFF')
      .execute()
    t.match(timeline, [{ details: { reason: 'answered' } }])
    t.match(await registry.metrics(), /whatsapp_flow_replies_total\{question="ASK_NAME"\} 1/)
  },
)

t.test('many customers at once are each answered in the order in which they wrote', async (t) => {
  await turnOn()
  const phones = Array.from({ length: 12 }, newPhone)
  await store(
    ...['Hello', 'family visa', 'Ana Lima'].flatMap((text) => phones.map((phone) => said(phone, text))),
  )
  t.equal(await countTurns(), 36)
  await Promise.all([runTurns(dependencies), runTurns(dependencies)])
  t.equal(await countTurns(), 0)
  for (const phone of phones) t.same(await answersTo(phone), [GREETING, SERVICE, NAME, NATIONALITY])
})

t.test('groups, our own messages, backfilled ones and reactions are not answered', async (t) => {
  await turnOn()
  const phone = newPhone()
  const chatKey = '120363000000000001@g.us'
  await store(
    messageEnvelope({
      phone,
      chatKey,
      participantJid: `${phone.slice(1)}@s.whatsapp.net`,
      message: { type: 'text', text: 'Hello', chatId: chatKey },
    }),
    said(phone, 'Hello', { metadata: { backfilled: true } }),
    said(phone, 'Hello', { direction: 'outbound' }),
    reactionEnvelope({ phone, targetMessageId: 'nothing' }),
  )
  t.equal(await countTurns(), 0)
})

t.test(
  'what reached us more than a day ago is not answered; what was written then, and reached us just now, is',
  async (t) => {
    await turnOn()
    const phone = newPhone()
    const timestamp = new Date(Date.now() - 25 * 3_600_000).toISOString()
    await take(said(phone, 'Hello', { timestamp, receivedAt: timestamp }))
    t.same(await answersTo(phone), [])
    t.equal(await countTurns(), 0)
    await take(said(phone, 'Hello', { timestamp }))
    t.same(await answersTo(phone), [GREETING, SERVICE])
  },
)

t.test(
  'a person who writes, by the API or on the phone, or takes the ticket, ends the flow\u2019s part',
  async (t) => {
    await turnOn()
    const answers: [string, (phone: string) => Promise<unknown>][] = [
      [
        'api',
        (phone) => queueMessage(domain, { ...outboundRequest({ to: phone, text: 'I am Joe' }), priority: 0 }),
      ],
      ['phone', (phone) => store(said(phone, 'I am Joe', { direction: 'outbound' }))],
      [
        'assigned',
        async (phone) => {
          const { id } = await ticketOf(phone)
          const act = { tenantId: 'acme', id, actor: 'joe', requestId: 'request-1' }
          await changeTicket(domain, { ...act, change: { assigneeId: 'joe' } })
        },
      ],
    ]
    for (const [name, act] of answers) {
      const phone = newPhone()
      await take(said(phone, 'Hello'))
      await act(phone)
      await take(said(phone, 'family visa'))
      const answers = (await answersTo(phone)).filter((text) => text !== 'I am Joe')
      t.same(answers, [GREETING, SERVICE], name)
    }
  },
)

t.test('a notice of another system, and the phone\u2019s copy of our own words, are no person', async (t) => {
  await turnOn()
  const phone = newPhone()
  await take(said(phone, 'Hello'))
  await queueMessage(domain, outboundRequest({ to: phone, text: 'Your parcel is here' }))
  await store(said(phone, SERVICE, { direction: 'outbound' }))
  await take(said(phone, 'family visa'))
  t.same((await answersTo(phone)).at(-1), NAME)
})

t.test(
  'a flow that fails says nothing, leaves the message as it is, tells it, and the next one is answered',
  async (t) => {
    await turnOn()
    const phone = newPhone()
    await sql`update flow set definition = '{}'`.execute(db)
    await take(said(phone, 'Hello'))
    t.equal(await countTurns(), 0)
    const { id, unread_count: unread } = await ticketOf(phone)
    t.equal(unread, 1)
    const { type, message_id: messageId } = await db
      .selectFrom('timeline_entry')
      .selectAll()
      .where('ticket_id', '=', id)
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow()
    t.equal(type, 'FLOW_FAILED')
    t.ok(messageId, 'it names the message')
    t.match(await registry.metrics(), /whatsapp_flow_failures_total 1/)
    await sql`delete from flow`.execute(db)
    await turnOn()
    await take(said(phone, 'Hello?'))
    t.same(await answersTo(phone), [GREETING, SERVICE])
  },
)

t.test('a list of services never leaves, whoever wrote it into the flow', async (t) => {
  await turnOn({ greeting: 'Welcome! (Family Visa / Work Permit)' })
  const phone = newPhone()
  await take(said(phone, 'Hello'))
  t.same(await answersTo(phone), ['Welcome!', SERVICE])
  t.match(await registry.metrics(), /whatsapp_flow_sanitized_total 1/)
})

const standingOf = async (phone: string) => {
  const { contact_id: contactId } = await ticketOf(phone)
  const [service, marketing] = await Promise.all(
    (['service', 'marketing'] as const).map((purpose) =>
      readConsent(db, { tenantId: 'acme', contactId, purpose }),
    ),
  )
  return [service?.status, marketing?.status]
}

t.test(
  'STOP takes every consent back, is confirmed once and written down; START gives it again',
  async (t) => {
    const phone = newPhone()
    await take(said(phone, 'Sair!'))
    t.same(await standingOf(phone), ['denied', 'denied'])
    await take(said(phone, 'stop'))
    t.match(await answersTo(phone), [/VOLTAR/])

    const claimed = await claim(domain, {
      tenantId: 'acme',
      instanceId: 'acme-phone',
      limit: 200,
      claimSeconds: 60,
    })
    t.ok(
      claimed.some(({ recipient }) => recipient === phone),
      'the confirmation leaves',
    )
    const blocked = await queueMessage(domain, outboundRequest({ to: phone, text: 'Sale!' }))
    t.equal(blocked.status, 'blocked_by_policy')

    const { contact_id: contactId } = await ticketOf(phone)
    const audit = await db
      .selectFrom('audit_entry')
      .select(['actor', 'details'])
      .where('entity_id', '=', contactId)
      .where('action', '=', 'UPDATED')
      .execute()
    t.equal(audit.length, 2)
    t.match(audit, [{ actor: `contact:${contactId}`, details: { status: 'denied' } }])

    await take(said(phone, 'VOLTAR'))
    t.same(await standingOf(phone), ['granted', 'granted'])
    t.match(await answersTo(phone), [/VOLTAR/, /SAIR/])
  },
)

t.test('nothing is asked of who took the consent back, and START alone goes on', async (t) => {
  await turnOn()
  const phone = newPhone()
  await take(said(phone, 'Hello'), said(phone, 'STOP'), said(phone, 'family visa'))
  t.match(await answersTo(phone), [GREETING, SERVICE, /START/])
  await take(said(phone, 'start'), said(phone, 'family visa'))
  t.match((await answersTo(phone)).slice(3), [/STOP/, NAME])
})

t.test('START of who never took a consent back is a message like others', async (t) => {
  await turnOn()
  const phone = newPhone()
  await take(said(phone, 'start'))
  t.same(await standingOf(phone), [null, null])
  t.same(await answersTo(phone), [GREETING, SERVICE])
})

t.test('a word that WhatsApp told of later counts, and is not confirmed', async (t) => {
  const phone = newPhone()
  await take(said(phone, 'STOP', { metadata: { backfilled: true } }))
  t.same(await standingOf(phone), ['denied', 'denied'])
  t.same(await answersTo(phone), [])
})

t.test('a word of consent counts although it cannot be confirmed, and that is counted', async (t) => {
  const phone = newPhone()
  await store(said(phone, 'Hello'))
  await sql`
    create function no_lane() returns trigger language plpgsql as $$ begin raise 'no lane for it'; end $$;
    create trigger no_lane before insert on delivery for each row execute function no_lane()`.execute(db)
  t.teardown(() => sql`drop function no_lane cascade`.execute(db))
  const failures = async () =>
    Number(/whatsapp_flow_failures_total (\d+)/.exec(await registry.metrics())?.[1])
  const before = await failures()
  await take(said(phone, 'STOP'))
  t.same(await standingOf(phone), ['denied', 'denied'])
  t.same(await answersTo(phone), [])
  t.equal(await countTurns(), 0)
  t.equal(await failures(), before + 1)
})
