import { purgeNotifications } from '@carteiro/domain/notifications/purge-notifications'
import { purgeDeliveries } from '@carteiro/domain/outbox/purge-deliveries'
import { purgeLanes } from '@carteiro/domain/outbox/purge-lanes'
import { dropPartitions } from '@carteiro/domain/retention/drop-partitions'
import { readKept } from '@carteiro/domain/retention/read-kept'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import { repeat } from '@carteiro/runtime/repeat'
import type { Dependencies } from '../../dependencies.ts'

type Needs = Pick<Dependencies, 'config' | 'db' | 'lifecycle' | 'report'>

const EVERY_MS = 3_600_000

/** Lets go what is older than it is to be kept: each hour, by any number of workers. */
export function keepRetaining(dependencies: Needs & Pick<Dependencies, 'logger'>): void {
  const { lifecycle, logger } = dependencies
  const onError = (error: unknown) => {
    const level = isDatabaseUnavailable(error) ? 'warn' : 'error'
    logger[level]({ err: error }, 'retention failed, trying again later')
  }
  const options = { everyMs: EVERY_MS, signal: lifecycle.signal, onError }
  const running = repeat(() => retain(dependencies), options)
  lifecycle.onStop('retention', () => running)
}

/** One round: what is old goes, and what is kept is measured. */
export async function retain({ config, db, lifecycle: { signal }, report }: Needs): Promise<void> {
  const deliveries = await purgeDeliveries(db, { days: config.RETENTION_DAYS_DELIVERIES, signal })
  const lanes = await purgeLanes(db, { days: config.RETENTION_DAYS_DELIVERIES, signal })
  const eventDays = await dropPartitions(db, 'event', config.RETENTION_DAYS_EVENTS)
  const auditMonths = await dropPartitions(db, 'audit_entry', config.RETENTION_DAYS_AUDIT)
  const notifications = await purgeNotifications(db, { days: config.RETENTION_DAYS_NOTIFICATIONS })
  report.retained({ deliveries, lanes, eventDays, auditMonths, notifications }, await readKept(db))
}
