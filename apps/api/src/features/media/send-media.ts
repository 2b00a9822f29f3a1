import { Socket } from 'node:net'
import type { MessageMedia } from '@carteiro/contracts/media'
import { Problem } from '@carteiro/contracts/problem'
import { storageKeyOf } from '@carteiro/storage/keys'
import type { ByteRange } from '@carteiro/storage/storage'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fresh from 'fresh'
import type { Dependencies } from '../../dependencies.ts'
import { contentHeaders } from './content-headers.ts'
import { selectRange } from './select-range.ts'

/** How long a client may stand still before its file is closed. A player that paused comes back with a `Range`. */
const IDLE_CLIENT_MS = 120_000

export type MediaDependencies = Pick<Dependencies, 'storage' | 'report'> & { idleClientMs?: number }

export interface ReadyMedia {
  media: MessageMedia
  tenantId: string
  messageId: string
}

/** What a message once showed it shows always. A week bounds how long a browser keeps what was erased here. */
const CACHE_CONTROL = 'private, max-age=604800, immutable'

/**
 * Answers with the bytes, a part of them, or the news that the client has them already (RFC 9110, sections 13 and 14).
 *
 * @throws Problem MEDIA_NOT_FOUND when the bytes are gone, RANGE_NOT_SATISFIABLE
 */
export async function sendMedia(
  { storage, report, idleClientMs = IDLE_CLIENT_MS }: MediaDependencies,
  { media, tenantId, messageId }: ReadyMedia,
  { method, headers, raw, id: requestId }: Pick<FastifyRequest, 'method' | 'headers' | 'raw' | 'id'>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const missing = () => {
    report.mediaMissing({ requestId, tenantId, messageId })
    return new Problem('MEDIA_NOT_FOUND', `The bytes of message ${messageId} are gone from the storage.`)
  }
  const key = storageKeyOf({ tenantId, messageId })
  const stored = await storage.stat(key)
  if (!stored) throw missing()
  const etag = media.sha256 === null ? undefined : `"${media.sha256}"`
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
  const told = { ...cacheHeaders(etag), ...contentHeaders(media, messageId), ...sizeHeaders(size, range) }
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
