import type { Queryable } from '@carteiro/database/connect'
import { findUpload } from '@carteiro/domain/uploads/find-upload'
import { z } from 'zod'
import type { JsonObject } from '../json/json-value.ts'
import { deriveIntent } from './derive-intent.ts'

const UploadId = z.uuid().toLowerCase()

/**
 * The members of an intent, with the type of the upload that they name, where they do not say what they are. An upload
 * that is not there tells none: it is refused where the message is queued, as a document.
 */
export async function withUploadType<Members extends JsonObject>(
  db: Queryable,
  tenantId: string,
  members: Members,
): Promise<Members & { intent?: unknown }> {
  const uploadId = UploadId.safeParse(members.uploadId).data
  if (uploadId === undefined || members.intent !== undefined || deriveIntent(members) !== undefined)
    return members
  const upload = await findUpload(db, { tenantId, id: uploadId })
  return { ...members, intent: upload?.type ?? 'document' }
}
