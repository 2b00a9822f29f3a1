import { Gauge } from '@carteiro/runtime/metrics'
import type { Dependencies } from '../../dependencies.ts'

/**
 * A gauge of the jobs in each queue, read when it is asked for. The figures are those that the workers' supervision
 * takes every 10 s: to count the jobs anew for each scrape would read all that are kept. While the database is away it
 * keeps its values.
 */
export function measureQueues({
  queue,
  logger,
  registry,
}: Pick<Dependencies, 'queue' | 'logger' | 'registry'>): void {
  new Gauge({
    name: 'queue_jobs',
    help: 'Jobs by queue: ready to be taken, for later, taken, failed; the same from every worker',
    labelNames: ['queue', 'state'],
    registers: [registry],
    async collect() {
      try {
        for (const {
          name,
          readyCount,
          deferredCount,
          activeCount,
          failedCount,
        } of await queue.boss.getQueues()) {
          this.set({ queue: name, state: 'ready' }, readyCount)
          this.set({ queue: name, state: 'deferred' }, deferredCount)
          this.set({ queue: name, state: 'active' }, activeCount)
          this.set({ queue: name, state: 'failed' }, failedCount)
        }
      } catch (error) {
        logger.warn({ err: error }, 'the queues could not be counted')
      }
    },
  })
}
