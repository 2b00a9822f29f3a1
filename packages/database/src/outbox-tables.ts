import type { Generated } from 'kysely'
import type { BigDefault, BigNullable, Json, JsonNullable, WhenDefault, WhenNullable } from './columns.ts'

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
  /** Its place in the lane; none before a scheduled message's time. */
  position: BigNullable
  state: Generated<string>
  generation: Generated<number>
  key_generation: Generated<number>
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
  priority: Generated<number>
  purpose: Generated<'service' | 'marketing'>
  scheduled_at: WhenNullable
  expires_at: WhenNullable
  subject: string | null
  template_code: string | null
  policy_exempt: Generated<boolean>
  created_at: WhenDefault
  updated_at: WhenDefault
}

export interface LaneTable {
  tenant_id: string
  instance_id: string
  lane: string
  ready_at: WhenNullable
  claimed_until: WhenNullable
  rank: Generated<number>
  known_at: WhenNullable
  held: Generated<boolean>
  used_at: WhenDefault
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

export interface DeliveryHistoryTable {
  tenant_id: string
  delivery_id: string
  number: BigDefault
  state: string
  reason: string | null
  at: WhenDefault
}

export interface InstancePaceTable {
  tenant_id: string
  instance_id: string
  paid_at: WhenDefault
  first_contacts_on: string | null
  first_contacts: Generated<number>
  paused_until: WhenNullable
  away_until: WhenNullable
}

export interface InstanceCircuitTable {
  tenant_id: string
  instance_id: string
  failed_at: Generated<Date[]>
  open_until: WhenNullable
  probe_until: WhenNullable
}
