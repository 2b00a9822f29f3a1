import type { Database } from '@carteiro/database/connect'
import { beginUpload } from '@carteiro/domain/uploads/begin-upload'
import { keepUpload } from '@carteiro/domain/uploads/keep-upload'
import { uploadKeyOf } from '@carteiro/storage/keys'
import type { ObjectStorage } from '@carteiro/storage/storage'

/** A document that somebody of `acme` has brought. @returns its id */
export async function bringUpload(
  { db, storage }: { db: Database; storage: Pick<ObjectStorage, 'put'> },
  text: string,
): Promise<string> {
  const tenantId = 'acme'
  const by = { tenantId, actor: 'test' }
  const id = await beginUpload(db, { ...by, seconds: 60 })
  const key = uploadKeyOf({ tenantId, uploadId: id })
  const written = await storage.put(key, Buffer.from(text), {
    contentType: 'text/plain',
    maxBytes: 1_000_000,
  })
  const kept = await keepUpload(db, {
    ...{ ...by, ...written, id, mediaType: 'text/plain', fileName: 'note.txt' },
    ...{ fields: { type: 'document' }, hours: 24, requestId: 'request-1' },
  })
  if (kept.status !== 'kept') throw new Error(`the upload was not kept: ${kept.status}`)
  return id
}
