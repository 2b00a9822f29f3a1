import type { MessageMedia } from '@carteiro/contracts/media'
import type { ColumnType, Generated } from 'kysely'
import type { WhenDefault, WhenNullable } from './columns.ts'

/** `message.media`: written as JSON text. */
export type MediaColumn = ColumnType<MessageMedia | null, string | null | undefined, string | null>

export interface MediaDownloadTable {
  tenant_id: string
  message_id: string
  instance_id: string
  act: Generated<'fetch' | 'delete'>
  attempts: Generated<number>
  next_attempt_at: WhenDefault
  claimed_until: WhenNullable
  last_error: string | null
  created_at: WhenDefault
}
