import type { Generated } from 'kysely'
import type { Big, WhenDefault } from './columns.ts'

export interface ReadMarkTable {
  tenant_id: string
  ticket_id: string
  instance_id: string
  from_number: Big
  to_number: Big
  read_at: WhenDefault
  attempts: Generated<number>
  next_attempt_at: WhenDefault
  claimed: Generated<boolean>
}

export interface TypingShownTable {
  tenant_id: string
  ticket_id: string
  shown_at: WhenDefault
}
