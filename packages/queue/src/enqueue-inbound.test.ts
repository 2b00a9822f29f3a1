import type { Envelope } from '@carteiro/contracts/envelope'
import { newId } from '@carteiro/database/new-id'
import { createTestDatabase } from '@carteiro/database/test-database'
import { createLogger } from '@carteiro/runtime/logger'
import { sql } from 'kysely'
import t from 'tap'
import { enqueueInbound } from './enqueue-inbound.ts'
import { type InboundJob, inboundQueue } from './jobs.ts'
import { startQueue } from './queue.ts'
import { shardOf } from './shard.ts'

const connection = await createTestDatabase(t)
const { db, url } = connection
const queue = await startQueue({
  connection,
  url,
  logger: createLogger('test', 'silent'),
  role: 'producer',
})
t.teardown(() => queue.stop())

const envelope = (chatKey: string, text = 'Oi!'): Envelope => ({
  id: newId(),
  kind: 'message',
  direction: 'inbound',
  tenantId: 'acme',
  instanceId: 'acme-phone',
  chatKey,
  timestamp: '2024-05-02T13:05:00.000Z',
  receivedAt: '2024-05-02T13:05:00.000Z',
  requestId: 'request-1',
  participantJid: null,
  providerMessageId: newId(),
  contact: {},
  message: { type: 'text', text },
  metadata: {},
})

interface Row {
  name: string
  data: InboundJob
}

const readJobs = async (): Promise<Row[]> => {
  const { rows } = await sql<Row>`
    select name, data from pgboss.job order by (data ->> 'number')::bigint`.execute(db)
  return rows
}

t.beforeEach(async () => void (await sql`delete from pgboss.job`.execute(db)))

t.test('a job of ours is a job as pg-boss makes it', async (t) => {
  const one = envelope('5511999990001@s.whatsapp.net')
  const name = inboundQueue(shardOf('acme', one.chatKey))
  await enqueueInbound(queue, [one])
  const [ours] = await readJobs()
  await queue.boss.insert(name, [{ data: { ...ours?.data, number: 0 } }])
  const { rows } = await sql<Record<string, unknown>>`
    select to_jsonb(job) - '{id,data,created_on,start_after,keep_until}'::text[] as columns,
      data - 'number' as data, start_after <= created_on as at_once,
      date_part('epoch', keep_until - start_after) as kept_seconds
    from pgboss.job`.execute(db)
  t.equal(rows.length, 2)
  t.same(rows[0], rows[1])
  t.match(ours, { name, data: { attempt: 1, envelopes: [one] } })
})

t.test('a group goes into the queues of its chats, each chat in its order', async (t) => {
  const chats = Array.from({ length: 30 }, (_, n) => `55119999900${n}@s.whatsapp.net`)
  const group = Array.from({ length: 300 }, (_, n) => envelope(chats[n % 30] ?? '', String(n)))
  await enqueueInbound(queue, group)
  const jobs = await readJobs()
  for (const chatKey of chats) {
    const mine = jobs.filter(({ data }) => data.envelopes.some((one) => one.chatKey === chatKey))
    t.same([...new Set(mine.map(({ name }) => name))], [inboundQueue(shardOf('acme', chatKey))])
    t.same(
      mine.flatMap(({ data }) => data.envelopes.filter((one) => one.chatKey === chatKey)),
      group.filter((one) => one.chatKey === chatKey),
    )
  }
})

t.test('what is too much for one transaction of a worker is several jobs, fetched in order', async (t) => {
  const chatKey = '5511999990001@s.whatsapp.net'
  const group = Array.from({ length: 1_950 }, (_, n) => envelope(chatKey, String(n)))
  await enqueueInbound(queue, group)
  t.equal((await readJobs()).length, 10)
  const fetched: InboundJob[] = []
  for (let n = 0; n < 10; n++) {
    const [job] = await queue.boss.fetch<InboundJob>(inboundQueue(shardOf('acme', chatKey)))
    if (job) fetched.push(job.data)
  }
  t.same(
    fetched.flatMap(({ envelopes }) => envelopes),
    group,
  )
})

t.test('groups one after another have rising numbers', async (t) => {
  for (const text of ['a', 'b', 'c'])
    await enqueueInbound(queue, [envelope('5511999990001@s.whatsapp.net', text)])
  const jobs = await readJobs()
  t.same(
    jobs.map(({ data }) => data.envelopes.map((one) => one.kind === 'message' && one.message.text)),
    [['a'], ['b'], ['c']],
  )
})
