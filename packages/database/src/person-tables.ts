import type { Generated } from 'kysely'
import type { JsonDefault, JsonNullable, WhenDefault, WhenNullable } from './columns.ts'

export interface ContactErasureTable {
  tenant_id: string
  contact_id: string
  requested_at: WhenDefault
  started_at: WhenNullable
  finished_at: WhenNullable
  step: Generated<
    | 'begin'
    | 'sends'
    | 'messages'
    | 'groups'
    | 'activities'
    | 'tickets'
    | 'events'
    | 'jobs'
    | 'brokers'
    | 'files'
    | 'done'
  >
  place: JsonNullable
  jids: Generated<string[]>
  group_tickets: Generated<string[]>
  uploads: Generated<string[]>
  waiting_for: string | null
  next_try_at: WhenDefault
  failures: Generated<number>
  messages: Generated<number>
  events: Generated<number>
  brokers: JsonDefault
}
