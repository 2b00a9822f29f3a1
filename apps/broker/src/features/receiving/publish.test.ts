import type { BrokerWebhookEvent } from '@carteiro/contracts/broker-event'
import { createTestDatabase } from '@carteiro/database/test-database'
import { createLogger } from '@carteiro/runtime/logger'
import { createRegistry } from '@carteiro/runtime/metrics'
import { verifyWebhook } from '@carteiro/runtime/webhook-signature'
import { type Test, t, test } from 'tap'
import { createReport } from '../../report.ts'
import { type Answer, type Attempt, startTestWebhook } from '../../test-webhook.ts'
import { createJournal } from './journal.ts'
import { createWebhook } from './post-events.ts'
import { Publisher } from './publish.ts'
import { countWaiting } from './waiting-rows.ts'

const { db } = await createTestDatabase(t)
const report = createReport({
  logger: createLogger('test', 'silent'),
  registry: createRegistry(),
  countWaiting: () => countWaiting(db),
})
const API_KEY = 'the key of the webhook'
const HMAC_SECRET = 'the secret of the webhook'

type AnswerTo = (attempt: Attempt, number: number) => Answer | Promise<Answer>

async function setUp(t: Test, instanceId: string, answer: AnswerTo) {
  await db.insertInto('broker.instance').values({ id: instanceId, tenant_id: 'demo', name: 'n' }).execute()
  const received = await startTestWebhook(t, answer)
  const webhook = createWebhook({ apiKey: API_KEY, hmacSecret: HMAC_SECRET, connections: 16 })
  const publisher = new Publisher({ db, brokerId: 'one', webhook, defaultUrl: received.url, report })
  const journal = createJournal({
    db,
    report,
    onWritten: (instance, chatKey) => publisher.wake({ instanceId: instance, chatKey }),
  })
  t.teardown(async () => {
    await journal.close()
    await publisher.stop(100)
    await webhook.close()
  })
  const append = (chatKey: string, ...ids: string[]) => {
    for (const id of ids) journal.append({ event: event(instanceId, id), chatKey })
  }
  return { received, journal, publisher, append }
}

const event = (instanceId: string, id: string): BrokerWebhookEvent => ({
  id,
  type: 'MESSAGE_INBOUND',
  instanceId,
  payload: { contact: {}, message: { text: id }, metadata: {} },
})

async function statesOf(instanceId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('broker.journal')
    .select(['event_id', 'state'])
    .where('instance_id', '=', instanceId)
    .orderBy('number')
    .execute()
  return rows.map((row) => `${row.event_id} ${row.state}`)
}

/** The answer leaves the webhook before the row is settled: stopping the publisher waits for that. */
const settled = async (publisher: Publisher) => await publisher.stop(5_000)

const ids = (attempts: Attempt[]) => attempts.map(({ events }) => events.map(({ id }) => id).join(' '))
const range = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)

test('an event is posted signed and with the key, and is published once it was taken', async (t) => {
  const { received, append, publisher } = await setUp(t, 'signed', () => ({ status: 202 }))
  append('chat', 'one')
  await received.until(() => received.taken.length === 1)
  await settled(publisher)
  const [attempt] = received.attempts
  t.match(attempt?.headers, { 'x-api-key': API_KEY, 'x-request-id': /.{36}/ })
  const rawBody = Buffer.from(attempt?.rawBody ?? '')
  t.equal(verifyWebhook(HMAC_SECRET, attempt?.headers ?? {}, rawBody, Date.now()), 'valid')
  t.same(await statesOf('signed'), ['one published'])
})

test('events of a chat arrive in order and once, however often the webhook fails', async (t) => {
  const { received, append, publisher } = await setUp(t, 'failing', (_attempt, number) => ({
    status: [503, 429, 500, 401][number % 7] ?? 202,
  }))
  for (const id of range('e', 40)) append(`chat${id.endsWith('0') ? 0 : 1}`, id)
  await received.until(() => received.taken.length === 40)
  await settled(publisher)
  const order = (chat: (id: string) => boolean) => received.taken.map(({ id }) => id).filter(chat)
  t.same(
    order((id) => id.endsWith('0')),
    range('e', 40).filter((id) => id.endsWith('0')),
  )
  t.same(
    order((id) => !id.endsWith('0')),
    range('e', 40).filter((id) => !id.endsWith('0')),
  )
  t.ok((await statesOf('failing')).every((row) => row.endsWith(' published')))
})

test('the same event is journalled and told once', async (t) => {
  const { received, append, publisher } = await setUp(t, 'twice', () => ({ status: 202 }))
  append('chat', 'one', 'one', 'two')
  append('chat', 'one')
  await received.until(() => received.taken.some(({ id }) => id === 'two'))
  await settled(publisher)
  t.same(
    received.taken.map(({ id }) => id),
    ['one', 'two'],
  )
})

test('a refused event is set aside with its reason, and its chat goes on', async (t) => {
  const gate = Promise.withResolvers<void>()
  const { received, append, publisher } = await setUp(t, 'refused', async ({ events }, number) => {
    if (number === 1) await gate.promise
    const poison = events.findIndex(({ id }) => id === 'poison')
    if (poison === -1) return { status: 202 }
    return events.length > 1 ? { status: 400 } : { status: 422, body: { error: { code: 'X' } } }
  })
  append('chat', 'first')
  await received.until(() => true)
  append('chat', 'a', 'poison', 'b')
  gate.resolve()
  await received.until(() => received.taken.some(({ id }) => id === 'b'))
  await settled(publisher)
  t.same(await statesOf('refused'), ['first published', 'a published', 'poison refused', 'b published'])
  t.same(
    received.taken.map(({ id }) => id),
    ['first', 'a', 'b'],
  )
})

test('an event that the answer rejects is refused alone', async (t) => {
  const { received, append, publisher } = await setUp(t, 'rejected', ({ events }) => ({
    status: 202,
    body: {
      rejected: events.flatMap(({ id }, index) => (id === 'bad' ? [{ index, reason: 'missing_id' }] : [])),
    },
  }))
  append('chat', 'good', 'bad')
  await received.until(() => received.taken.length === 2)
  await settled(publisher)
  t.same(await statesOf('rejected'), ['good published', 'bad refused'])
})

test('what an earlier process could not publish is found in the journal, in batches and in order', async (t) => {
  const { received, publisher } = await setUp(t, 'left', () => ({ status: 202 }))
  const left = createJournal({ db, report, onWritten: () => undefined })
  for (const id of range('m', 120)) left.append({ event: event('left', id), chatKey: 'chat' })
  for (const id of range('n', 30)) left.append({ event: event('left', id), chatKey: `chat-${id}` })
  await left.close()
  await publisher.sweep()
  await received.until(() => received.taken.length === 150)
  t.same(
    received.taken.map(({ id }) => id).filter((id) => id.startsWith('m')),
    range('m', 120),
  )
  t.ok(ids(received.attempts).some((batch) => batch.split(' ').length === 50))
})
