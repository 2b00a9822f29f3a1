import type { UploadType } from '@carteiro/contracts/upload'
import type { Generated } from 'kysely'
import type { BigNullable, When, WhenDefault, WhenNullable } from './columns.ts'

export interface UploadTable {
  tenant_id: string
  id: string
  state: Generated<'writing' | 'ready' | 'deleting'>
  type: UploadType | null
  media_type: string | null
  size: BigNullable
  sha256: string | null
  file_name: string | null
  caption: string | null
  ticket_id: string | null
  contact_id: string | null
  created_by: string
  created_at: WhenDefault
  expires_at: When
  sent_at: WhenNullable
  look_after: WhenNullable
}
