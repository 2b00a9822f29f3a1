import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type {
  BrokerInstanceTable,
  BrokerNodeTable,
  InstanceLeaseTable,
  JournalTable,
  OpenedMessageTable,
  RecipientTable,
  SendLedgerTable,
  SessionCredentialTable,
  SessionKeyTable,
} from './broker-tables.ts'
import type { Big, BigDefault, Json, JsonDefault, When, WhenDefault, WhenNullable } from './columns.ts'
import type { ConsentTable } from './consent-tables.ts'
import type { FlowStateTable, FlowTable, FlowTurnTable } from './flow-tables.ts'
import type {
  GatewayCursorTable,
  GatewayMessageTable,
  GatewayOfferTable,
  GatewayReaderTable,
} from './gateway-tables.ts'
import type {
  AppliedEnvelopeTable,
  EarlyReceiptTable,
  MessageReactionTable,
  MessageReceiptTable,
  PendingChangeTable,
  PollTable,
  PollVoteTable,
} from './inbound-tables.ts'
import type { MediaColumn, MediaDownloadTable } from './media-tables.ts'
import type { NotificationCursorTable, NotificationTable } from './notification-tables.ts'
import type {
  DeliveryAttemptTable,
  DeliveryHistoryTable,
  DeliveryTable,
  InstanceCircuitTable,
  InstancePaceTable,
  LaneTable,
} from './outbox-tables.ts'
import type { ContactErasureTable } from './person-tables.ts'
import type { ReadMarkTable, TypingShownTable } from './presence-tables.ts'
import type { ContactSearchTable, MessageSearchTable, SearchCursorTable } from './search-tables.ts'
import type { TemplateTable } from './template-tables.ts'
import type { TimelineReconciliationTable } from './timeline-tables.ts'
import type { UploadTable } from './upload-tables.ts'

/** Rows as PostgreSQL holds them. One interface a table, columns as in migrations/. */
export interface Tables {
  tenant: TenantTable
  api_key: ApiKeyTable
  instance: InstanceTable
  queue: QueueTable
  template: TemplateTable
  contact: ContactTable
  contact_erasure: ContactErasureTable
  consent: ConsentTable
  ticket: TicketTable
  message: MessageTable
  flow: FlowTable
  flow_state: FlowStateTable
  flow_turn: FlowTurnTable
  media_download: MediaDownloadTable
  read_mark: ReadMarkTable
  typing_shown: TypingShownTable
  upload: UploadTable
  timeline_entry: TimelineEntryTable
  timeline_reconciliation: TimelineReconciliationTable
  applied_envelope: AppliedEnvelopeTable
  message_receipt: MessageReceiptTable
  early_receipt: EarlyReceiptTable
  pending_change: PendingChangeTable
  message_reaction: MessageReactionTable
  poll: PollTable
  poll_vote: PollVoteTable
  delivery: DeliveryTable
  lane: LaneTable
  delivery_attempt: DeliveryAttemptTable
  delivery_history: DeliveryHistoryTable
  instance_pace: InstancePaceTable
  instance_circuit: InstanceCircuitTable
  gateway_offer: GatewayOfferTable
  gateway_reader: GatewayReaderTable
  event_counter: EventCounterTable
  event: EventTable
  audit_entry: AuditEntryTable
  notification: NotificationTable
  notification_cursor: NotificationCursorTable
  search_cursor: SearchCursorTable
  message_search: MessageSearchTable
  contact_search: ContactSearchTable
  'broker.instance': BrokerInstanceTable
  'broker.session_credential': SessionCredentialTable
  'broker.session_key': SessionKeyTable
  'broker.recipient': RecipientTable
  'broker.opened_message': OpenedMessageTable
  'broker.send_ledger': SendLedgerTable
  'broker.journal': JournalTable
  'broker.gateway_message': GatewayMessageTable
  'broker.gateway_cursor': GatewayCursorTable
  'broker.instance_lease': InstanceLeaseTable
  'broker.node': BrokerNodeTable
}

export interface TenantTable {
  id: string
  name: string
  settings: JsonDefault
  created_at: WhenDefault
}

export interface ApiKeyTable {
  id: string
  tenant_id: string
  name: string
  secret_hash: Buffer
  scopes: string[]
  user_id: string | null
  created_at: WhenDefault
  last_used_at: WhenNullable
  expires_at: WhenNullable
  revoked_at: WhenNullable
}

export interface InstanceTable {
  id: string
  tenant_id: string
  name: string
  status: Generated<string>
  connected: Generated<boolean>
  phone: string | null
  lid: string | null
  reason: string | null
  aliases: Generated<string[]>
  settings: JsonDefault
  status_at: WhenNullable
  qr_available: Generated<boolean>
  transport: Generated<'baileys' | 'cloud'>
  delivery: Generated<'push' | 'pull'>
  cloud_phone_number_id: string | null
  /** Sealed (AES-256-GCM) by domain/instances/cloud-credentials.ts. */
  cloud_credentials: Buffer | null
  created_at: WhenDefault
  updated_at: WhenDefault
}

export interface QueueTable {
  tenant_id: string
  id: string
  name: string
  is_default: Generated<boolean>
  created_at: WhenDefault
}

export interface ContactTable {
  tenant_id: string
  id: string
  kind: Generated<'person' | 'group'>
  phone: string | null
  lid: string | null
  jid: string | null
  /** Shown: what was given, else what was told. So are document and registrations. */
  name: GeneratedAlways<string | null>
  document: GeneratedAlways<string | null>
  registrations: GeneratedAlways<string[]>
  given_name: string | null
  given_document: string | null
  given_registrations: string[] | null
  told_name: string | null
  told_document: string | null
  told_registrations: Generated<string[]>
  /** Whether `told_name` was told as a name, rather than copied from the push name. */
  named: Generated<boolean>
  push_name: string | null
  avatar_url: string | null
  attributes: JsonDefault
  /** Whoever it was asked to be forgotten. */
  erased_at: WhenNullable
  version: Generated<number>
  created_at: WhenDefault
  updated_at: WhenDefault
}

export interface TicketTable {
  tenant_id: string
  id: string
  contact_id: string
  instance_id: string
  queue_id: string | null
  status: Generated<'open' | 'pending' | 'closed'>
  assignee_id: string | null
  known_fields: JsonDefault
  metadata: JsonDefault
  preview: string | null
  unread_count: Generated<number>
  last_message_at: WhenNullable
  first_inbound_at: WhenNullable
  last_inbound_at: WhenNullable
  first_outbound_at: WhenNullable
  last_outbound_at: WhenNullable
  created_at: WhenDefault
  updated_at: WhenDefault
  closed_at: WhenNullable
  version: Generated<number>
}

export interface MessageTable {
  tenant_id: string
  id: string
  number: BigDefault
  ticket_id: string
  contact_id: string
  instance_id: string
  direction: 'inbound' | 'outbound'
  type: string
  text: string | null
  content: JsonDefault
  provider_message_id: string | null
  state: string | null
  media: MediaColumn
  upload_id: ColumnType<string | null, string | null | undefined, string | null>
  metadata: JsonDefault
  broker_at: WhenNullable
  received_at: WhenNullable
  created_at: WhenDefault
}

export interface TimelineEntryTable {
  tenant_id: string
  id: string
  ticket_id: string
  type: string
  message_id: string | null
  details: JsonDefault
  occurred_at: WhenDefault
}

export interface EventCounterTable {
  tenant_id: string
  last_seq: Big
}

export interface EventTable {
  tenant_id: string
  seq: Big
  day: string
  type: string
  ticket_id: string | null
  contact_id: string | null
  instance_id: string | null
  user_id: string | null
  payload: Json
  occurred_at: When
}

export interface AuditEntryTable {
  tenant_id: string
  id: string
  actor: string
  action: string
  entity_type: string
  entity_id: string
  details: JsonDefault
  request_id: string | null
  occurred_at: WhenDefault
}
