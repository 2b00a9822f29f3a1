import type { Json, WhenDefault, WhenNullable } from './columns.ts'

export interface TemplateTable {
  tenant_id: string
  code: string
  language: string
  version: number
  definition: Json
  created_at: WhenDefault
  retired_at: WhenNullable
}
