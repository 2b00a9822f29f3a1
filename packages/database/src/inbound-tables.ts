import type { Generated } from 'kysely'
import type { BigDefault, Json, JsonDefault, JsonNullable, When, WhenDefault } from './columns.ts'

type ReceiptStatus = 'SENT' | 'DELIVERED' | 'READ' | 'FAILED'

export interface AppliedEnvelopeTable {
  tenant_id: string
  envelope_id: string
  kind: string
  applied_at: WhenDefault
}

export interface MessageReceiptTable {
  tenant_id: string
  message_id: string
  participant: Generated<string>
  status: ReceiptStatus
  error: JsonNullable
  details: JsonDefault
  occurred_at: When
}

export interface EarlyReceiptTable {
  tenant_id: string
  instance_id: string
  provider_message_id: string
  participant: Generated<string>
  status: ReceiptStatus
  error: JsonNullable
  details: JsonDefault
  occurred_at: When
  received_at: WhenDefault
}

export interface PendingChangeTable {
  tenant_id: string
  instance_id: string
  target_message_id: string
  number: BigDefault
  envelope: Json
  received_at: WhenDefault
}

export interface MessageReactionTable {
  tenant_id: string
  message_id: string
  reactor: string
  emoji: string | null
  reacted_at: When
}

export interface PollTable {
  tenant_id: string
  instance_id: string
  poll_message_id: string
  name: string | null
  options: string[]
  secret: Buffer | null
  created_at: WhenDefault
}

export interface PollVoteTable {
  tenant_id: string
  instance_id: string
  poll_message_id: string
  voter: string
  voter_jids: string[]
  creator_jids: string[]
  encrypted: JsonNullable
  selected_option_ids: string[] | null
  selected_options: string[] | null
  voted_at: When
}
