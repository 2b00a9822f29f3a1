import { once } from 'node:events'
import { queueMessage } from '@carteiro/domain/outbox/queue-message'
import { messageEnvelope } from '@carteiro/domain/testing/envelopes'
import { outboundRequest } from '@carteiro/domain/testing/outbound-request'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { enqueueInbound } from '@carteiro/queue/enqueue-inbound'
import t from 'tap'
import { startBroker } from './outbound-by-http/start-broker.ts'
import { spawnWorker } from './spawn-worker.ts'

const domain = await startDomain(t)
const { db } = domain
const broker = await startBroker(t)

const startWorker = (variables: Record<string, string>) =>
  spawnWorker(t, {
    DATABASE_URL: domain.url,
    WHATSAPP_BROKER_URL: broker.url,
    WHATSAPP_BROKER_API_KEY: 'the key of the broker',
    STORAGE_PATH: t.testdir(),
    ...variables,
  })

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}

t.test(
  'a worker whose outbox is off stores what comes in and sends nothing; one with it on does',
  async (t) => {
    await queueMessage(domain, outboundRequest({ text: 'waits' }))
    const idle = startWorker({ OUTBOX_WORKER_ENABLED: 'false' })
    await enqueueInbound(domain.queue, [messageEnvelope({ text: 'comes in' })])
    await until(async () => {
      const stored = await db.selectFrom('message').selectAll().where('direction', '=', 'inbound').execute()
      return stored.length === 1
    })
    const ended = once(idle, 'exit')
    idle.kill('SIGTERM')
    t.same(await ended, [0, null])
    t.same(broker.callsOf('waits'), [])
    t.match(await db.selectFrom('delivery').selectAll().execute(), [{ state: 'QUEUED', attempts: 0 }])

    startWorker({})
    await until(() => broker.callsOf('waits').length > 0)
    t.equal(broker.callsOf('waits').length, 1)
  },
)
