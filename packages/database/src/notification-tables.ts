import type { Big, WhenDefault, WhenNullable } from './columns.ts'

export interface NotificationTable {
  tenant_id: string
  id: string
  type: 'ticket_unassigned' | 'message_failed' | 'instance_disconnected' | 'instance_gap'
  source: string
  ticket_id: string | null
  message_id: string | null
  instance_id: string | null
  title: string
  body: string
  read_at: WhenNullable
  snoozed_until: WhenNullable
  created_at: WhenDefault
}

export interface NotificationCursorTable {
  tenant_id: string
  seq: Big
}
