import type { Json, WhenDefault, WhenNullable } from './columns.ts'

export interface FlowTable {
  tenant_id: string
  version: number
  enabled: boolean
  definition: Json
  created_at: WhenDefault
  retired_at: WhenNullable
}

export interface FlowStateTable {
  tenant_id: string
  ticket_id: string
  state: Json
  updated_at: WhenDefault
}

export interface FlowTurnTable {
  tenant_id: string
  message_id: string
  number: number
  request_id: string | null
}
