import type { Database } from '@carteiro/database/connect'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import type { Lifecycle } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import { sql } from 'kysely'

const DAYS_AHEAD = 7
const HOUR_MS = 3_600_000

/**
 * Keeps the event log's partitions a week ahead of the day: now, and every hour. Every process that appends events
 * does so, so that no schedule is a single point of failure.
 */
export async function keepEventPartitions(db: Database, logger: Logger, lifecycle: Lifecycle): Promise<void> {
  const ensure = () => sql`select ensure_event_partitions(${DAYS_AHEAD})`.execute(db)
  await ensure()
  const timer = setInterval(() => {
    ensure().catch((error) => {
      const level = isDatabaseUnavailable(error) ? 'warn' : 'error'
      logger[level]({ err: error }, 'event partitions were not made, trying again in an hour')
    })
  }, HOUR_MS)
  lifecycle.onStop('event partitions', () => clearInterval(timer))
}
