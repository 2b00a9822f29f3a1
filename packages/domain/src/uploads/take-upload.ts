import type { UploadType } from '@carteiro/contracts/upload'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { findUpload } from './find-upload.ts'
import type { Upload } from './upload.ts'

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

/** Much shorter than whoever deletes uploads leaves one alone which was taken. */
const NOTED_FOR = '10 minutes'

/**
 * Finds the upload that a message names, and writes down that it was taken, so that nobody deletes it before the
 * message is committed. Once in a while is enough: a thousand messages with one file do not wait for one another.
 */
export async function takeUpload(
  transaction: DatabaseTransaction,
  { tenantId, uploadId, type }: UploadToTake,
): Promise<{ status: 'taken'; upload: Upload } | UploadRefusal> {
  await sql`
    update upload set sent_at = now()
    where tenant_id = ${tenantId} and id = ${uploadId} and state = 'ready' and type = ${type}
      and (sent_at is null or sent_at < now() - ${NOTED_FOR}::interval)`.execute(transaction)
  const upload = await findUpload(transaction, { tenantId, id: uploadId })
  if (!upload) return { status: 'upload_not_found', uploadId }
  if (upload.type !== type) return { status: 'upload_of_other_type', uploadId, type: upload.type }
  return upload.isAlive ? { status: 'taken', upload } : { status: 'upload_expired', uploadId }
}
