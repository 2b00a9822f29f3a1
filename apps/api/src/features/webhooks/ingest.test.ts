import { shardOf } from '@carteiro/queue/shard'
import { sql } from 'kysely'
import t from 'tap'
import { brokerMessage } from '../../testing/broker-event.ts'
import { matchProblem } from '../../testing/match-problem.ts'
import { readInboundQueue } from '../../testing/read-queue.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, brokerKey, db, keys } = await startApi(t)

const post = (payload: object, key = brokerKey) =>
  app.inject({
    method: 'POST',
    url: '/api/integrations/whatsapp/webhook',
    headers: { 'x-api-key': key },
    payload,
  })
const numbers = (count: number) => Array.from({ length: count }, (_, n) => String(n))

t.beforeEach(async () => void (await sql`delete from pgboss.job`.execute(db)))

/** Ids of what is queued, in the order in which a worker takes it, by chat. */
async function queuedByChat(): Promise<Map<string, string[]>> {
  const envelopes = (await readInboundQueue(db)).flatMap(({ job }) => job.envelopes)
  const chats = Map.groupBy(envelopes, ({ chatKey }) => chatKey)
  return new Map(
    [...chats].map(([chat, all]) => [
      chat,
      all.map((one) => (one.kind === 'message' ? one.providerMessageId : '')),
    ]),
  )
}

t.test('five hundred posts of one chat at once stay in the order in which they came', async (t) => {
  const phone = '+5511955550001'
  const responses = await Promise.all(numbers(500).map((id) => post(brokerMessage({ id, phone }))))
  t.same([...new Set(responses.map(({ statusCode }) => statusCode))], [202])
  const jobs = await readInboundQueue(db)
  t.equal(new Set(jobs.map(({ queue }) => queue)).size, 1, 'one chat has one queue')
  t.ok(jobs.length < 500, `what came together was stored together, in ${jobs.length} jobs`)
  t.same((await queuedByChat()).get('5511955550001@s.whatsapp.net'), numbers(500))
})

t.test('posts of a tenant\u2019s own broker stay in order, too', async (t) => {
  const phone = '+5511955550002'
  await Promise.all(numbers(100).map((id) => post(brokerMessage({ id, phone }), keys.acme)))
  t.same((await queuedByChat()).get('5511955550002@s.whatsapp.net'), numbers(100))
})

t.test('posts of many chats, some of several events, keep each chat in order', async (t) => {
  const phones = numbers(20).map((n) => `+5511955551${n.padStart(3, '0')}`)
  const posts = numbers(15).flatMap((round) =>
    phones.map((phone, n) => {
      const [first, second] = [`${round}.1`, `${round}.2`].map((id) =>
        brokerMessage({ id: `${phone}/${id}`, phone }),
      )
      // Every third post carries two chats.
      const neighbour = brokerMessage({
        id: `x${phone}/${round}`,
        phone: phones[(n + 1) % 20]?.replace('+55', '+351') ?? '',
      })
      return n % 3 === 0 ? [first, neighbour, second] : [first, second]
    }),
  )
  const responses = await Promise.all(posts.map((events) => post(events)))
  t.ok(responses.every(({ statusCode }) => statusCode === 202))
  const chats = await queuedByChat()
  for (const phone of phones) {
    t.same(
      chats.get(`${phone.slice(1)}@s.whatsapp.net`),
      numbers(15).flatMap((round) => [`${phone}/${round}.1`, `${phone}/${round}.2`]),
    )
  }
})

t.test('every envelope is in the queue of its own chat', async (t) => {
  await Promise.all(
    numbers(50).map((n) => post(brokerMessage({ phone: `+55119555520${n.padStart(2, '0')}` }))),
  )
  const jobs = await readInboundQueue(db)
  t.ok(new Set(jobs.map(({ queue }) => queue)).size > 1)
  for (const { queue, job } of jobs) {
    for (const { tenantId, chatKey } of job.envelopes) t.equal(queue, `inbound-${shardOf(tenantId, chatKey)}`)
  }
})

t.test('what cannot be stored is not acknowledged, and the next is taken again', async (t) => {
  await sql`
    create function refuse() returns trigger language plpgsql as $$ begin raise 'disk full' using errcode = '53100'; end $$`.execute(
    db,
  )
  await sql`create trigger refuse before insert on pgboss.job for each row execute function refuse()`.execute(
    db,
  )
  for (const response of await Promise.all(numbers(20).map((id) => post(brokerMessage({ id }))))) {
    t.ok(response.statusCode >= 500, 'the sender must repeat it')
  }
  await sql`drop trigger refuse on pgboss.job`.execute(db)
  t.equal((await post(brokerMessage())).statusCode, 202)
})

/** Nothing can be stored until the given function is called. */
async function holdStoring(): Promise<() => Promise<void>> {
  const { promise: isHeld, resolve: held } = Promise.withResolvers<void>()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const holding = db.transaction().execute(async (transaction) => {
    await sql`lock table pgboss.job in share mode`.execute(transaction)
    held()
    await released
  })
  await isHeld
  return async () => {
    release()
    await holding
  }
}

t.test('more than can be held is refused for now: memory has a bound', async (t) => {
  const many = numbers(6_000).map((id) => brokerMessage({ id }))
  const letGo = await holdStoring()
  // Posted now: what `inject` gives back is sent when somebody waits for it.
  const taken = Promise.resolve(post(many))
  const refused = await post(many)
  matchProblem(t, refused, 503, 'QUEUE_FULL')
  t.ok(Number(refused.headers['retry-after']) > 0)
  const single = Promise.resolve(post(brokerMessage({ id: 'single' })))
  await letGo()
  for (const { statusCode } of await Promise.all([taken, single])) t.equal(statusCode, 202)
  t.equal((await post(many)).statusCode, 202, 'and there is room again')
})
