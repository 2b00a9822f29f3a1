import { Socket } from 'node:net'
import { Problem } from '@carteiro/contracts/problem'
import type { ByteRange } from '@carteiro/storage/storage'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fresh from 'fresh'
import type { Dependencies } from '../dependencies.ts'
import { contentHeaders, type DescribedFile } from './content-headers.ts'
import { selectRange } from './select-range.ts'

/** How long a client may stand still before its file is closed. A player that paused comes back with a `Range`. */
const IDLE_CLIENT_MS = 120_000

export type FileDependencies = Pick<Dependencies, 'storage' | 'report'> & { idleClientMs?: number }

/** A file whose bytes should be in the storage. */
export interface StoredFile {
  key: string
  file: DescribedFile & { sha256: string | null }
  /** What the log says when the bytes are missing. */
  of: { tenantId: string; messageId?: string; uploadId?: string }
}

/** What a file once was it is always. A week bounds how long a browser keeps what was erased here. */
const CACHE_CONTROL = 'private, max-age=604800, immutable'

/**
 * Answers with the bytes, a part of them, or the news that the client has them already (RFC 9110, sections 13 and 14).
 *
 * @throws Problem MEDIA_NOT_FOUND when the bytes are gone, RANGE_NOT_SATISFIABLE
 */
export async function sendFile(
  { storage, report, idleClientMs = IDLE_CLIENT_MS }: FileDependencies,
  { key, file, of }: StoredFile,
  { method, headers, raw, id: requestId }: Pick<FastifyRequest, 'method' | 'headers' | 'raw' | 'id'>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const missing = () => {
    report.mediaMissing({ requestId, ...of })
    return new Problem('MEDIA_NOT_FOUND', 'The bytes of this file are gone from the storage.')
  }
  const stored = await storage.stat(key)
  if (!stored) throw missing()
  const etag = file.sha256 === null ? undefined : `"${file.sha256}"`
  if (etag !== undefined && fresh(headers, { etag }))
    return reply.code(304).headers(cacheHeaders(etag)).send()

  const { size } = stored
  const selected = method === 'HEAD' ? 'whole' : selectRange(headers, { size, etag })
  if (selected === 'none') {
    reply.header('content-range', `bytes */${size}`)
    throw new Problem('RANGE_NOT_SATISFIABLE', `The file has ${size} bytes; ask for some of them.`)
  }
  const range = selected === 'whole' ? undefined : selected
  const opened = method === 'HEAD' ? { body: undefined } : await storage.open(key, range)
  if (!opened) throw missing()
  // Only now: an error must not be kept for a week.
  const told = { ...cacheHeaders(etag), ...contentHeaders(file), ...sizeHeaders(size, range) }
  // Node ends a socket on which nothing moves for so long. An injected request has none.
  if (raw.socket instanceof Socket) raw.socket.setTimeout(idleClientMs)
  return reply
    .code(range ? 206 : 200)
    .headers(told)
    .send(opened.body)
}

const sizeHeaders = (size: number, range: ByteRange | undefined) => ({
  'accept-ranges': 'bytes',
  'content-length': range ? range.end - range.start + 1 : size,
  ...(range ? { 'content-range': `bytes ${range.start}-${range.end}/${size}` } : {}),
})

/** A browser that changes its key must ask anew. */
const cacheHeaders = (etag: string | undefined) => ({
  'cache-control': CACHE_CONTROL,
  vary: 'X-API-Key, Authorization, X-Authorization',
  ...(etag === undefined ? {} : { etag }),
})
