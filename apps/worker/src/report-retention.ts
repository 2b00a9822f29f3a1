import type { KeptTable } from '@carteiro/domain/retention/read-kept'
import type { Logger } from '@carteiro/runtime/logger'
import { Counter, Gauge, type Registry } from '@carteiro/runtime/metrics'

/** What one round of retention let go. */
export interface LetGo {
  deliveries: number
  /** Recipients' empty lanes. */
  lanes: number
  /** Names of the partitions that were dropped. */
  eventDays: string[]
  auditMonths: string[]
  /** Those that were read. */
  notifications: number
}

/** Metrics and log lines of retention. */
export function reportRetention(registers: Registry[], logger: Logger) {
  const deleted = new Counter({
    name: 'whatsapp_retention_deleted_total',
    help: 'What retention let go: deliveries, days of events, months of the audit trail, notifications, uploads',
    labelNames: ['what'],
    registers,
  })
  const ranAt = new Gauge({
    name: 'whatsapp_retention_run_timestamp_seconds',
    help: 'When retention last came to its end',
    registers,
  })
  const rows = new Gauge({
    name: 'whatsapp_kept_rows',
    help: 'Rows that are kept, as PostgreSQL estimates them',
    labelNames: ['table'],
    registers,
  })
  const bytes = new Gauge({
    name: 'whatsapp_kept_bytes',
    help: 'Bytes that they take, with their indexes',
    labelNames: ['table'],
    registers,
  })
  return {
    uploadsRemoved: (count: number) => {
      deleted.inc({ what: 'uploads' }, count)
      if (count > 0) logger.info({ count }, 'uploads deleted')
    },
    retained: (letGo: LetGo, kept: KeptTable[]) => {
      deleted.inc({ what: 'deliveries' }, letGo.deliveries)
      deleted.inc({ what: 'lanes' }, letGo.lanes)
      deleted.inc({ what: 'event_days' }, letGo.eventDays.length)
      deleted.inc({ what: 'audit_months' }, letGo.auditMonths.length)
      deleted.inc({ what: 'notifications' }, letGo.notifications)
      for (const each of kept) {
        rows.set({ table: each.table }, each.rows)
        bytes.set({ table: each.table }, each.bytes)
      }
      ranAt.setToCurrentTime()
      logger.info(letGo, 'retention done')
    },
  }
}
