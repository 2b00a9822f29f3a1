import type { Generated } from 'kysely'
import type {
  BigDefault,
  Json,
  JsonDefault,
  JsonNullable,
  When,
  WhenDefault,
  WhenNullable,
} from './columns.ts'

export interface BrokerInstanceTable {
  id: string
  tenant_id: string
  name: string
  webhook_url: string | null
  wanted: Generated<boolean>
  status: Generated<string>
  phone: string | null
  lid: string | null
  last_error: string | null
  relink: Generated<boolean>
  logout_requested_at: WhenNullable
  keys_reset_at: WhenNullable
  settings: JsonDefault
  created_at: WhenDefault
  updated_at: WhenDefault
}

export interface RecipientTable {
  instance_id: string
  digits: string
  is_on_whatsapp: boolean
  jid: string | null
  lid: string | null
  checked_at: WhenDefault
}

export interface SessionCredentialTable {
  instance_id: string
  sealed: Buffer
  updated_at: WhenDefault
}

export interface SessionKeyTable {
  instance_id: string
  type: string
  id: string
  sealed: Buffer
}

export interface OpenedMessageTable {
  instance_id: string
  number: BigDefault
  ciphertext_hash: Buffer
  message_hash: Buffer
  sealed: Buffer
  created_at: WhenDefault
  settled_at: WhenNullable
}

export interface SendLedgerTable {
  instance_id: string
  idempotency_key: string
  request_hash: Buffer
  wa_message_id: string
  content: Buffer | null
  state: Generated<'sending' | 'pending' | 'sent'>
  answer: JsonNullable
  created_at: WhenDefault
  updated_at: WhenDefault
}

export interface JournalTable {
  instance_id: string
  number: BigDefault
  event_id: string
  chat_key: string
  event: Json
  state: Generated<'waiting' | 'published' | 'refused'>
  answer: JsonNullable
  created_at: WhenDefault
  settled_at: WhenNullable
}

export interface InstanceLeaseTable {
  instance_id: string
  holder: string
  address: string | null
  generation: BigDefault
  expires_at: When
}

export interface BrokerNodeTable {
  id: string
  address: string | null
  expires_at: When
}
