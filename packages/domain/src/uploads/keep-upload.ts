import type { UploadFields } from '@carteiro/contracts/upload'
import type { Database, DatabaseTransaction } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import { toUpload, type Upload, type UploadRow } from './upload.ts'

/** A file whose bytes are stored, with all that is known of it. */
export interface UploadToKeep {
  tenantId: string
  id: string
  fields: UploadFields
  mediaType: string
  size: number
  sha256: string
  fileName: string | null
  /** How long it is kept unless a message takes it. */
  hours: number
  actor: string
  requestId: string
}

export type KeepUploadResult =
  | { status: 'kept'; upload: Upload }
  | { status: 'ticket_not_found' | 'contact_not_found' }
  /** The ticket is another contact's. */
  | { status: 'other_contact' }
  /** It took longer than it may, and what was stored of it goes. */
  | { status: 'too_late' }

/** Makes an upload ready to be sent. Of any other result nothing is kept: its bytes are the caller's to delete. */
export async function keepUpload(db: Database, upload: UploadToKeep): Promise<KeepUploadResult> {
  return inTransaction(db, async (transaction) => {
    const meant = await findMeant(transaction, upload)
    if (meant.status !== 'found') return meant
    const { tenantId, id, fields, actor, requestId } = upload
    const { rows } = await sql<UploadRow>`
      update upload set state = 'ready', type = ${fields.type}, media_type = ${upload.mediaType}, size = ${upload.size},
        sha256 = ${upload.sha256}, file_name = ${upload.fileName}, caption = ${fields.caption ?? null},
        ticket_id = ${fields.ticketId ?? null}, contact_id = ${meant.contactId},
        expires_at = now() + make_interval(hours => ${upload.hours})
      where tenant_id = ${tenantId} and id = ${id} and state = 'writing'
      returning *, true as alive, false as held`.execute(transaction)
    const [row] = rows
    if (!row) return { status: 'too_late' }
    const details = { type: fields.type, mediaType: upload.mediaType, size: upload.size }
    await recordAudit(transaction, [
      { tenantId, actor, action: 'CREATED', entityType: 'upload', entityId: id, details, requestId },
    ])
    return { status: 'kept', upload: toUpload(row) }
  })
}

type Meant =
  | { status: 'found'; contactId: string | null }
  | Extract<KeepUploadResult, { status: 'ticket_not_found' | 'contact_not_found' | 'other_contact' }>

/** The contact that it is for: as it is named, or the ticket's. */
async function findMeant(
  transaction: DatabaseTransaction,
  { tenantId, fields: { ticketId, contactId } }: UploadToKeep,
): Promise<Meant> {
  if (contactId !== undefined && !(await lockContact(transaction, tenantId, contactId))) {
    return { status: 'contact_not_found' }
  }
  if (ticketId === undefined) return { status: 'found', contactId: contactId ?? null }
  const meant = await lockTicket(transaction, tenantId, ticketId)
  if (meant === undefined) return { status: 'ticket_not_found' }
  if (contactId !== undefined && meant !== contactId) return { status: 'other_contact' }
  return { status: 'found', contactId: meant }
}

/** Locked, so that contacts which are joined meanwhile take the upload along. Whoever was erased is nobody. */
async function lockContact(transaction: DatabaseTransaction, tenantId: string, id: string): Promise<boolean> {
  const { rows } = await sql`
    select from contact
    where tenant_id = ${tenantId} and id = ${id} and erased_at is null for key share`.execute(transaction)
  return rows.length > 0
}

/**
 * Locked so that an erasure, too, takes the upload along: it changes its tickets before it lets go of uploads. The
 * contact, which others lock before its tickets, is looked at alone.
 *
 * @returns the ticket's contact
 */
async function lockTicket(
  transaction: DatabaseTransaction,
  tenantId: string,
  id: string,
): Promise<string | undefined> {
  const { rows } = await sql<{ contact_id: string }>`
    select contact_id from ticket where tenant_id = ${tenantId} and id = ${id} for share`.execute(transaction)
  const [ticket] = rows
  if (!ticket) return undefined
  const contact = await transaction
    .selectFrom('contact')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', ticket.contact_id)
    .where('erased_at', 'is', null)
    .executeTakeFirst()
  return contact?.id
}
