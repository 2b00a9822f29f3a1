import type { Big, BigDefault, BigNullable } from './columns.ts'

export interface SearchCursorTable {
  tenant_id: string
  number: BigDefault
  seq: Big
  newest: BigDefault
}

export interface MessageSearchTable {
  tenant_id: string
  message_id: string
  place: BigNullable
  words: string | null
}

export interface ContactSearchTable {
  tenant_id: string
  contact_id: string
  words: string | null
}
