import type { Database } from '@carteiro/database/connect'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import type { Lifecycle } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import { sql } from 'kysely'

const DAYS_AHEAD = 7
/** The command line writes audit entries, too, and may be all that runs for a long time. */
const MONTHS_AHEAD = 12
const HOUR_MS = 3_600_000

/**
 * Keeps the event log's partitions a week ahead of the day, and the audit trail's a year: now, and every hour. Every
 * process that appends to them does so, so that no schedule is a single point of failure.
 */
export async function keepPartitions(db: Database, logger: Logger, lifecycle: Lifecycle): Promise<void> {
  const ensure = () =>
    sql`select ensure_event_partitions(${DAYS_AHEAD}), ensure_audit_partitions(${MONTHS_AHEAD})`.execute(db)
  await ensure()
  const timer = setInterval(() => {
    ensure().catch((error) => {
      const level = isDatabaseUnavailable(error) ? 'warn' : 'error'
      logger[level]({ err: error }, 'partitions were not made, trying again in an hour')
    })
  }, HOUR_MS)
  lifecycle.onStop('partitions', () => clearInterval(timer))
}
