import type { UploadType } from '@carteiro/contracts/upload'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { findUpload } from './find-upload.ts'
import { isHeld, type Upload } from './upload.ts'

/** Why a message cannot have an upload. */
export type UploadRefusal =
  | { status: 'upload_not_found' | 'upload_expired'; uploadId: string }
  | { status: 'upload_of_other_type'; uploadId: string; type: UploadType }

export interface UploadToTake {
  tenantId: string
  uploadId: string
  /** The message that it is taken for. */
  type: UploadType
}

/** Finds the upload that a message names. It is the message's once `noteTaken` has written that down. */
export async function chooseUpload(
  transaction: DatabaseTransaction,
  { tenantId, uploadId, type }: UploadToTake,
): Promise<{ status: 'chosen'; upload: Upload } | UploadRefusal> {
  const upload = await findUpload(transaction, { tenantId, id: uploadId })
  if (!upload) return { status: 'upload_not_found', uploadId }
  if (upload.type !== type) return { status: 'upload_of_other_type', uploadId, type: upload.type }
  return upload.isAlive ? { status: 'chosen', upload } : { status: 'upload_expired', uploadId }
}

/** Much shorter than whoever deletes uploads leaves one alone which was taken. */
const NOTED_FOR = '10 minutes'

/**
 * Writes down that a message takes an upload, so that nobody deletes it before the message is committed. Once in a while
 * is enough: a thousand messages with one file do not wait for one another.
 *
 * @returns `false` when its time ended meanwhile
 */
export async function noteTaken(
  transaction: DatabaseTransaction,
  { tenantId, uploadId }: Pick<Upload, 'tenantId' | 'uploadId'>,
): Promise<boolean> {
  const isThis = sql`u.tenant_id = ${tenantId} and u.id = ${uploadId} and u.state = 'ready'`
  const isRecent = sql<boolean>`coalesce(u.sent_at > now() - ${NOTED_FOR}::interval, false)`
  const { rows } = await sql`
    update upload u set sent_at = now()
    where ${isThis} and not ${isRecent} and (u.expires_at > clock_timestamp() or ${isHeld})
    returning u.id`.execute(transaction)
  if (rows.length > 0) return true
  const noted = await sql`select from upload u where ${isThis} and ${isRecent}`.execute(transaction)
  return noted.rows.length > 0
}
