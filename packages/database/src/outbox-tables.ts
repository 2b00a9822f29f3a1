import type { Generated } from 'kysely'
import type { BigDefault, Json, JsonNullable, WhenDefault, WhenNullable } from './columns.ts'

export interface DeliveryTable {
  tenant_id: string
  id: string
  instance_id: string
  contact_id: string
  ticket_id: string
  channel: Generated<string>
  recipient: string
  intent: string
  payload: Json
  lane: string
  position: BigDefault
  state: Generated<string>
  generation: Generated<number>
  key_generation: Generated<number>
  purpose: Generated<'service' | 'marketing'>
  attempts: Generated<number>
  max_attempts: Generated<number>
  next_attempt_at: WhenNullable
  claimed_until: WhenNullable
  settled_at: WhenNullable
  idempotency_key: string | null
  payload_hash: Buffer
  provider_message_id: string | null
  error_code: string | null
  error_message: string | null
  dossier_id: JsonNullable
  request_id: string | null
  created_at: WhenDefault
  updated_at: WhenDefault
}

export interface LaneTable {
  tenant_id: string
  instance_id: string
  lane: string
  ready_at: WhenNullable
  claimed_until: WhenNullable
}

export interface DeliveryAttemptTable {
  tenant_id: string
  delivery_id: string
  generation: Generated<number>
  number: number
  outcome: string
  fault: string | null
  error_code: string | null
  error_message: string | null
  provider_response: JsonNullable
  next_attempt_at: WhenNullable
  started_at: WhenDefault
  finished_at: WhenNullable
}
