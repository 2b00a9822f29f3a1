import type { UploadType, UploadView } from '@carteiro/contracts/upload'
import type { UploadTable } from '@carteiro/database/upload-tables'
import { type Selectable, sql } from 'kysely'

/** A file that was brought, as its row says; what a link to it is made by stands beside it. */
export interface Upload extends Omit<UploadView, 'resourceUrl' | 'expiresAt'> {
  tenantId: string
  type: UploadType
  /** It can be read and sent. */
  isAlive: boolean
}

/** A row, with what must be looked up beside it. */
export type UploadRow = Selectable<UploadTable> & { alive: boolean; held: boolean }

/** Whether a message has the upload; one that was revoked has no file any more. For the table `upload` as `u`. */
export const isHeld = sql<boolean>`exists (
  select from message m where m.tenant_id = u.tenant_id and m.upload_id = u.id and m.media is not null)`

/** The members of UploadRow, from `upload u`. */
export const uploadColumns = sql<UploadRow>`
  u.*, h.held, u.state = 'ready' and (h.held or u.expires_at > now()) as alive`

/** `upload u`, with `h.held`. */
export const uploads = sql`upload u cross join lateral (select ${isHeld} as held) h`

/** @throws Error for a row that was never made ready */
export function toUpload(row: UploadRow): Upload {
  const { type, media_type: mediaType, size, sha256 } = row
  if (type === null || mediaType === null || size === null || sha256 === null) {
    throw new Error(`the upload ${row.id} was never made ready`)
  }
  return {
    ...{ tenantId: row.tenant_id, uploadId: row.id, type, mediaType, size, sha256 },
    fileName: row.file_name,
    caption: row.caption,
    ticketId: row.ticket_id,
    contactId: row.contact_id,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    sentAt: row.sent_at?.toISOString() ?? null,
    keptUntil: row.held ? null : row.expires_at.toISOString(),
    isAlive: row.alive,
  }
}
