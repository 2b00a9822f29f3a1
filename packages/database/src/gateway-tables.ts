import type { Generated } from 'kysely'
import type { Big, BigDefault, BigNullable, JsonNullable, WhenDefault, WhenNullable } from './columns.ts'

export interface GatewayOfferTable {
  tenant_id: string
  delivery_id: string
  seq: Big
  key_id: string
  generation: number
  attempt: number
  key_generation: number
  probe: boolean
  acked_seq: BigNullable
  offered_at: WhenDefault
}

export interface GatewayReaderTable {
  tenant_id: string
  instance_id: string
  key_id: string
  stream_id: string
  opened_at: WhenDefault
}

/** A pulling broker's own. */
export interface GatewayMessageTable {
  idempotency_key: string
  number: BigDefault
  message_id: string
  seq: Big
  instance_id: string
  recipient: string
  message: JsonNullable
  state: Generated<'pending' | 'delivered' | 'sending' | 'sent' | 'failed' | 'retry'>
  attempts: Generated<number>
  next_attempt_at: WhenNullable
  acked_at: WhenNullable
  external_id: string | null
  error_code: string | null
  error_message: string | null
  retriable: boolean | null
  report_pending: Generated<boolean>
  created_at: WhenDefault
  updated_at: WhenDefault
}

export interface GatewayCursorTable {
  gateway: string
  last_event_id: Big
  updated_at: WhenDefault
}
