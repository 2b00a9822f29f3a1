import type { Envelope } from '@carteiro/contracts/envelope'
import { newId } from '@carteiro/database/new-id'
import { queueMessage } from '@carteiro/domain/outbox/queue-message'
import { undecryptableEnvelope } from '@carteiro/domain/testing/envelopes'
import { outboundRequest } from '@carteiro/domain/testing/outbound-request'
import t from 'tap'
import { GREETING, NAME, SERVICE, startConversations } from '../../testing/converse.ts'
import { runTurns } from './run-turns.ts'

const { answersIn, countTurns, dependencies, domain, said, store, ticketOf, turnOn } =
  await startConversations(t)

async function take(...envelopes: Envelope[]): Promise<void> {
  await store(...envelopes)
  await runTurns(dependencies)
}

t.test('a message that could not be read at first is answered when it can be, once', async (t) => {
  await turnOn()
  const phone = '+5511988899001'
  const providerMessageId = newId()
  await take(undecryptableEnvelope({ phone, providerMessageId, timestamp: new Date().toISOString() }))
  const { id } = await ticketOf(phone)
  t.same(await answersIn(id), [])
  const real = said(phone, 'Hello', { providerMessageId })
  await take(real)
  await take({ ...real, id: newId() })
  t.equal(await countTurns(), 0)
  t.same(await answersIn(id), [GREETING, SERVICE])
})

t.test(
  'so long after a person last wrote the conversation goes on where it was, and not before',
  async (t) => {
    await turnOn({ resumeAfterMinutes: 30 })
    const before = [GREETING, SERVICE, 'I am Joe']
    for (const [phone, minutesAgo, answers] of [
      ['+5511988899002', 29, before],
      ['+5511988899003', 31, [...before, NAME]],
    ] as const) {
      await take(said(phone, 'Hello'))
      await queueMessage(domain, { ...outboundRequest({ to: phone, text: 'I am Joe' }), priority: 0 })
      const { id } = await ticketOf(phone)
      await domain.db
        .updateTable('message')
        .set({ created_at: new Date(Date.now() - minutesAgo * 60_000) })
        .where('ticket_id', '=', id)
        .where('text', '=', 'I am Joe')
        .execute()
      await take(said(phone, 'family visa'))
      t.same(await answersIn(id), answers, `after ${minutesAgo} minutes`)
    }
  },
)

t.test(
  'outside its hours, by its own clock, an office says so once, and keeps what it is told',
  async (t) => {
    const closedText = 'We are there again tomorrow.'
    const today = new Intl.DateTimeFormat('en', { weekday: 'short', timeZone: 'Pacific/Kiritimati' })
      .format(new Date())
      .toLowerCase()
    const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].filter((day) => day !== today)
    await turnOn({
      officeHours: {
        ...{ timezone: 'Pacific/Kiritimati', closedText, whenClosed: 'tell' },
        week: [{ days: days.slice(0, 4), from: '09:00', to: '09:01' }],
      },
    })
    const phone = '+5511988899004'
    await take(said(phone, 'Hello'), said(phone, 'family visa'))
    const { id, known_fields: known } = await ticketOf(phone)
    t.same(await answersIn(id), [GREETING, closedText])
    t.match(known, { service: 'Family Visa' })
  },
)
