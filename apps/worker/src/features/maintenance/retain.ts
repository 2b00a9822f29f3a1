import { purgeNotifications } from '@carteiro/domain/notifications/purge-notifications'
import { purgeDeliveries } from '@carteiro/domain/outbox/purge-deliveries'
import { purgeLanes } from '@carteiro/domain/outbox/purge-lanes'
import { dropPartitions } from '@carteiro/domain/retention/drop-partitions'
import { readKept } from '@carteiro/domain/retention/read-kept'
import { keepDoing } from '../../chore.ts'
import type { Dependencies } from '../../dependencies.ts'

type Needs = Pick<Dependencies, 'config' | 'db' | 'lifecycle' | 'report'>

const EVERY_MS = 3_600_000

/** Lets go what is older than it is to be kept: each hour, by any number of workers. */
export function keepRetaining(dependencies: Needs & Pick<Dependencies, 'logger'>): void {
  keepDoing(dependencies, { name: 'retention', everyMs: EVERY_MS }, () => retain(dependencies))
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
