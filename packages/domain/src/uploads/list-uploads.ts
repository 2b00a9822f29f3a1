import type { Queryable } from '@carteiro/database/connect'
import { type RawBuilder, sql } from 'kysely'
import { toUpload, type Upload, type UploadRow, uploadColumns, uploads } from './upload.ts'

export interface UploadFilter {
  tenantId: string
  ticketId?: string | undefined
  contactId?: string | undefined
  /** The last one of the page before. */
  after?: string | undefined
  limit: number
}

/** A tenant's uploads that can be sent, newest first. */
export async function listUploads(
  db: Queryable,
  filter: UploadFilter,
): Promise<{ items: Upload[]; next: string | null }> {
  const { limit } = filter
  const { rows } = await selectUploads(filter).execute(db)
  const page = rows.slice(0, limit)
  return { items: page.map(toUpload), next: rows.length > limit ? (page.at(-1)?.id ?? null) : null }
}

/** What was not asked for is no condition, so that an index serves those that are. One row more than the limit. */
export const selectUploads = ({
  tenantId,
  ticketId,
  contactId,
  after,
  limit,
}: UploadFilter): RawBuilder<UploadRow> => sql`
  select ${uploadColumns} from ${uploads}
  where u.tenant_id = ${tenantId} and u.state = 'ready' and (h.held or u.expires_at > now())
    ${ticketId === undefined ? sql`` : sql`and u.ticket_id = ${ticketId}`}
    ${contactId === undefined ? sql`` : sql`and u.contact_id = ${contactId}`}
    ${after === undefined ? sql`` : sql`and u.id < ${after}`}
  order by u.id desc limit ${limit + 1}`
