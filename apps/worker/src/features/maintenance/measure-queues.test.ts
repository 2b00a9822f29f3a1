import { messageEnvelope } from '@carteiro/domain/testing/envelopes'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { enqueueDead } from '@carteiro/queue/enqueue'
import { enqueueInbound } from '@carteiro/queue/enqueue-inbound'
import { INBOUND_DEAD_QUEUE } from '@carteiro/queue/jobs'
import { createRegistry } from '@carteiro/runtime/metrics'
import t from 'tap'
import { measureQueues } from './measure-queues.ts'

const domain = await startDomain(t)

t.test('the metrics tell how many jobs stand in each queue', async (t) => {
  const registry = createRegistry()
  measureQueues({ ...domain, registry })
  const envelope = messageEnvelope()
  await enqueueInbound(domain.queue, [envelope])
  await domain.db.transaction().execute(async (transaction) => {
    const dead = { envelope, error: 'why', attempts: 3, at: new Date().toISOString() }
    await enqueueDead(domain.queue, transaction, dead)
  })
  await domain.queue.boss.supervise()
  const text = await registry.metrics()
  const inbound = [...text.matchAll(/^queue_jobs\{queue="inbound-\d",state="ready"\} (\d+)$/gm)]
  t.equal(inbound.length, 8)
  t.equal(
    inbound.reduce((sum, [, count]) => sum + Number(count), 0),
    1,
  )
  t.match(text, `queue_jobs{queue="${INBOUND_DEAD_QUEUE}",state="ready"} 1`)
  t.match(text, /^queue_jobs\{queue="outbound",state="failed"\} 0$/m)
})
