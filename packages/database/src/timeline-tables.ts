import type { Generated } from 'kysely'
import type { WhenNullable } from './columns.ts'

export interface TimelineReconciliationTable {
  tenant_id: string
  requested_at: WhenNullable
  started_at: WhenNullable
  finished_at: WhenNullable
  after_ticket: string | null
  tickets: Generated<number>
  repaired: Generated<number>
}
