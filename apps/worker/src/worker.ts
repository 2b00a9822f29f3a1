import { listen } from '@carteiro/database/listen'
import { TYPING_CHANNEL } from '@carteiro/domain/events/notify'
import { keepPartitions } from '@carteiro/domain/events/partitions'
import { readWakeChannels } from '@carteiro/queue/wake-channel'
import { startOperationsServer } from '@carteiro/runtime/operations'
import { VERSION } from '@carteiro/runtime/version'
import { sql } from 'kysely'
import type { Dependencies } from './dependencies.ts'
import { consumeTurns } from './features/conversation-flow/consume.ts'
import { consumeInbound } from './features/inbound/consume.ts'
import { measureQueues } from './features/maintenance/measure-queues.ts'
import { keepReconciling } from './features/maintenance/reconcile.ts'
import { keepRemovingUploads } from './features/maintenance/remove-uploads.ts'
import { keepRetaining } from './features/maintenance/retain.ts'
import { consumeMedia } from './features/media/consume.ts'
import { createFetchers } from './features/media/create-fetchers.ts'
import { createFetchMedia } from './features/media/fetch-media.ts'
import { keepNotifying } from './features/notifications/keep-notifying.ts'
import { consumeOutbound } from './features/outbound/consume.ts'
import { keepErasing } from './features/persons/erase.ts'
import { consumeReads } from './features/presence/consume-reads.ts'
import { createTypingDisplay } from './features/presence/show-typing.ts'
import { keepSearch } from './features/search/keep-search.ts'

/** The worker: what came in is stored, and its files fetched; what is to go out is sent. One LISTEN wakes both ways. */
export async function startWorker(dependencies: Dependencies): Promise<void> {
  const { config, db, lifecycle, logger, registry } = dependencies
  await keepPartitions(db, logger, lifecycle)

  const fetchMedia = createFetchMedia(createFetchers(dependencies))
  const media = consumeMedia({ ...dependencies, fetchMedia })
  const flow = consumeTurns(dependencies)
  const inbound = consumeInbound({ ...dependencies, onMedia: media.wake, onTurns: flow.wake })
  const outbound = config.OUTBOX_WORKER_ENABLED ? await consumeOutbound(dependencies) : undefined
  consumeReads(dependencies)
  const typing = createTypingDisplay(dependencies)
  keepNotifying(dependencies)
  keepSearch(dependencies)
  keepRetaining(dependencies)
  keepRemovingUploads(dependencies)
  keepReconciling(dependencies)
  keepErasing(dependencies)
  measureQueues(dependencies)

  const listening = listen([TYPING_CHANNEL, ...(await readWakeChannels(db))], {
    url: config.DATABASE_URL,
    name: 'carteiro worker',
    logger,
    signal: lifecycle.signal,
    onNotification: (channel, queueName) => {
      if (channel === TYPING_CHANNEL) return typing.heard(queueName)
      inbound.wake(queueName)
      outbound?.wake(queueName)
    },
    onListening: () => {
      inbound.wakeAll()
      outbound?.wakeAll()
    },
  })
  lifecycle.onStop('queue listener', () => listening)

  const url = await startOperationsServer({
    host: config.HOST,
    port: config.WORKER_PORT,
    logger,
    lifecycle,
    registry,
    version: VERSION,
    checks: [{ name: 'database', check: () => sql`select 1`.execute(db) }],
  })
  logger.info({ url }, 'listening')
}
