import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { Blobs, Reservation } from './blobs.ts'
import type { DirectPaths } from './direct-paths.ts'
import { impede } from './impede.ts'
import type { MediaFault } from './media-faults.ts'
import { folderOfUpload } from './media-folders.ts'
import type { MediaTokens } from './media-tokens.ts'

export interface UploadDependencies {
  blobs: Blobs
  paths: DirectPaths
  tokens: MediaTokens
}

/** Where a file lies that was taken, or why it was not. */
export type UploadAnswer =
  | { status: 200; directPath: string }
  | { status: 400 | 401 | 404 | 411 | 413 | 503; reason: string }

export interface Upload {
  request: IncomingMessage
  fault: MediaFault | undefined
  /** Aborts when the client has gone. */
  gone: AbortSignal
}

const PATH = /^\/mms\/(?<kind>[\w-]+)\/(?<token>[\w-]+)$/

const Length = z.coerce.number().int().nonnegative()

/**
 * Takes a sealed file as WhatsApp's clients bring it: `POST /mms/<kind>/<token>?auth=<auth>&token=<token>`, the token
 * being the SHA-256 of the sealed bytes as base64url.
 *
 * @throws CutConnection where the fault ends the connection; what reading from the network throws
 */
export async function takeUpload(
  { blobs, paths, tokens }: UploadDependencies,
  { request, fault, gone }: Upload,
): Promise<UploadAnswer> {
  const { pathname = '', searchParams } = URL.parse(request.url ?? '', 'https://media.invalid') ?? {}
  const { kind = '', token = '' } = PATH.exec(pathname)?.groups ?? {}
  const folder = folderOfUpload(kind)
  if (folder === undefined) return { status: 404, reason: 'Nothing is uploaded here.' }
  if (tokens.check(searchParams?.get('auth') ?? '') === undefined) {
    return {
      status: 401,
      reason: 'auth was not issued by this host, or has ended; ask for media_conn again.',
    }
  }
  if (searchParams?.get('token') !== token)
    return { status: 400, reason: 'token must be the same in path and query.' }
  const length = Length.safeParse(request.headers['content-length'])
  if (!length.success) return { status: 411, reason: 'content-length is missing.' }
  const reservation = blobs.reserve(length.data)
  if (reservation === 'too_large') return { status: 413, reason: 'The file is larger than this host takes.' }
  if (reservation === 'full') return { status: 503, reason: 'Too many files are on their way.' }
  try {
    const id = await receive(reservation, { chunks: impede(request, fault, gone), token })
    if (id === undefined) return { status: 400, reason: 'token is not the SHA-256 of what was sent.' }
    return { status: 200, directPath: paths.make(id, folder) }
  } finally {
    reservation.release()
  }
}

async function receive(
  reservation: Reservation,
  { chunks, token }: { chunks: AsyncIterable<Buffer>; token: string },
): Promise<string | undefined> {
  const taken: Buffer[] = []
  for await (const chunk of chunks) taken.push(chunk)
  const bytes = Buffer.concat(taken)
  const hash = createHash('sha256').update(bytes).digest('base64url')
  return hash === token ? reservation.keep(hash, bytes) : undefined
}
