import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
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
  { tenantId, ticketId, contactId, after, limit }: UploadFilter,
): Promise<{ items: Upload[]; next: string | null }> {
  const { rows } = await sql<UploadRow>`
    select ${uploadColumns} from ${uploads}
    where u.tenant_id = ${tenantId} and u.state = 'ready' and (h.held or u.expires_at > now())
      and (${ticketId ?? null}::uuid is null or u.ticket_id = ${ticketId ?? null})
      and (${contactId ?? null}::uuid is null or u.contact_id = ${contactId ?? null})
      and (${after ?? null}::uuid is null or u.id < ${after ?? null})
    order by u.id desc limit ${limit + 1}`.execute(db)
  const page = rows.slice(0, limit)
  return { items: page.map(toUpload), next: rows.length > limit ? (page.at(-1)?.id ?? null) : null }
}
