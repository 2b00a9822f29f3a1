import { createEventNotifier } from '@carteiro/domain/events/notify'
import { enqueueInbound } from '@carteiro/queue/enqueue-inbound'
import { INBOUND_SHARDS } from '@carteiro/queue/jobs'
import { createLogger } from '@carteiro/runtime/logger'
import { createRegistry } from '@carteiro/runtime/metrics'
import { processBatch } from '../../../apps/worker/src/features/inbound/process-batch.ts'
import { createReport } from '../../../apps/worker/src/report.ts'
import type { Contender } from './measure.ts'
import type { BenchDatabase } from './start-database.ts'

/** As many as 64 connections bring while an insert is under way. */
const ARRIVING = 64

/** The product's way: jobs as the webhook writes them, the worker's own batches, two shards at once. */
export function ours({ connection, queue }: BenchDatabase): Contender {
  const logger = createLogger('bench', 'error')
  const notifier = createEventNotifier(connection.pool, logger)
  const dependencies = {
    db: connection.db,
    notifier,
    queue,
    report: createReport(createRegistry(), logger),
    config: { INBOUND_MAX_ATTEMPTS: 1 },
  }
  return {
    db: connection.db,
    queue: async (envelopes) => {
      for (let from = 0; from < envelopes.length; from += ARRIVING) {
        await enqueueInbound(queue, envelopes.slice(from, from + ARRIVING))
      }
    },
    drain: async (concurrency) => {
      const shards = Array.from({ length: INBOUND_SHARDS }, (_, shard) => shard)
      const run = async () => {
        for (let shard = shards.shift(); shard !== undefined; shard = shards.shift()) {
          if ((await processBatch(dependencies, shard)) !== 'empty') shards.push(shard)
        }
      }
      await Promise.all(Array.from({ length: concurrency }, run))
    },
    stop: () => notifier.stop(),
  }
}
