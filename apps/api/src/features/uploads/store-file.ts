import { Problem } from '@carteiro/contracts/problem'
import { UploadType } from '@carteiro/contracts/upload'
import { peek } from '@carteiro/runtime/peek'
import { SNIFF_BYTES } from '@carteiro/runtime/sniff-type'
import type { ObjectStorage } from '@carteiro/storage/storage'
import { judgeType, type Look, lookAt, searched } from './judge-file.ts'
import { brokenForm, type FormFile } from './read-form.ts'

export interface StoreOptions {
  key: string
  limits: Record<UploadType, number>
  signal: AbortSignal
  /** The process ends. */
  stopping: AbortSignal
}

/** A file whose bytes are in the storage. Whether it may stay is judged once its type is known. */
export interface StoredUpload {
  size: number
  sha256: string
  claimedType: string
  look: Look
  /** A second file that was found inside of it: `a page`. */
  hidden: string | undefined
}

/**
 * Streams the file of a form into the storage. What its first bytes and the fields before it forbid is refused before
 * anything is stored.
 *
 * @throws Problem FILE_EMPTY, FILE_NOT_WHAT_IT_SAYS, FILE_UNSAFE, MEDIA_TOO_LARGE, INVALID_MULTIPART, UPLOAD_TIMEOUT,
 *   SHUTTING_DOWN, STORAGE_UNAVAILABLE
 */
export async function storeFile(
  storage: Pick<ObjectStorage, 'put'>,
  { body, claimedType, fields }: FormFile,
  { key, limits, signal, stopping }: StoreOptions,
): Promise<StoredUpload> {
  const type = UploadType.safeParse(fields.get('type')).data
  const maxBytes = type ? limits[type] : Math.max(...Object.values(limits))
  let hidden: string | undefined
  let broken = false
  const pieces = piecesOf(body, () => {
    broken = true
  })
  try {
    const { head, whole } = await peek(pieces, SNIFF_BYTES)
    if (head.length === 0) throw new Problem('FILE_EMPTY', 'The file has no bytes.')
    const look = await lookAt(head, claimedType)
    if (type) judgeType(type, claimedType, look)
    const guarded = searched(whole, (what) => {
      hidden = what
    })
    const written = await storage.put(key, guarded, { contentType: look.shownAs, maxBytes, signal })
    return { ...written, claimedType, look, hidden }
  } catch (error) {
    throw toProblem(error, { type, maxBytes, broken, signal, stopping })
  } finally {
    // What is left of it is not wanted, and the form goes on behind it.
    body.resume()
  }
}

async function* piecesOf(body: AsyncIterable<Uint8Array>, onBroken: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    onBroken()
    throw error
  }
}

interface Circumstances {
  type: UploadType | undefined
  maxBytes: number
  broken: boolean
  signal: AbortSignal
  stopping: AbortSignal
}

function toProblem(error: unknown, { type, maxBytes, broken, signal, stopping }: Circumstances): unknown {
  if (stopping.aborted) return shuttingDown()
  if (signal.aborted) return new Problem('UPLOAD_TIMEOUT', 'The file took too long to come; upload it again.')
  if (error instanceof Problem) return error.code === 'MEDIA_TOO_LARGE' ? tooLarge(type, maxBytes) : error
  if (broken) return brokenForm()
  const unavailable = new Problem(
    'STORAGE_UNAVAILABLE',
    'The file cannot be stored just now; upload it again.',
    {
      retryAfterSeconds: 5,
    },
  )
  unavailable.cause = error
  return unavailable
}

const shuttingDown = (): Problem =>
  new Problem('SHUTTING_DOWN', 'This server is going down; upload the file again.', { retryAfterSeconds: 5 })

/** @param type left out where it is not known yet, and the limit is the largest one */
export const tooLarge = (type: UploadType | undefined, maxBytes: number): Problem =>
  new Problem('MEDIA_TOO_LARGE', `A file${type ? ` of type ${type}` : ''} has at most ${maxBytes} bytes.`, {
    details: { type: type ?? null, maxBytes },
  })
