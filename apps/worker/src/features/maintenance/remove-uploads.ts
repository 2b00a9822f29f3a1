import { type DeletableUpload, findOverUploads, forgetUpload } from '@carteiro/domain/uploads/delete-upload'
import { uploadKeyOf } from '@carteiro/storage/keys'
import { keepDoing } from '../../chore.ts'
import type { Dependencies } from '../../dependencies.ts'

type Needs = Pick<Dependencies, 'db' | 'lifecycle' | 'logger' | 'report'> & {
  storage: Pick<Dependencies['storage'], 'delete'>
}

const EVERY_MS = 300_000
const BATCH = 100

/** Deletes uploads that were not sent in time, and what uploads that came to nothing left: by any number of workers. */
export function keepRemovingUploads(dependencies: Needs): void {
  keepDoing(dependencies, { name: 'removing uploads', everyMs: EVERY_MS }, () => removeUploads(dependencies))
}

/**
 * One round. The row is marked first, and goes last: whoever dies on the way leaves a row that is found again, and never
 * bytes of which nobody knows.
 */
export async function removeUploads(needs: Needs): Promise<void> {
  const { db, lifecycle, report } = needs
  for (let again = true; again && !lifecycle.signal.aborted; ) {
    const { over, isMore } = await findOverUploads(db, BATCH)
    let removed = 0
    for (const upload of over) if (await remove(needs, upload)) removed++
    report.uploadsRemoved(removed)
    // While the storage is away the others would only be marked.
    again = isMore && (over.length === 0 || removed > 0)
  }
}

async function remove({ db, logger, storage }: Needs, { tenantId, id }: DeletableUpload): Promise<boolean> {
  try {
    await storage.delete(uploadKeyOf({ tenantId, uploadId: id }))
  } catch (error) {
    logger.warn({ err: error, uploadId: id }, 'an upload could not be deleted yet')
    return false
  }
  await forgetUpload(db, { tenantId, id, actor: 'worker' })
  return true
}
