import type { MessageMedia } from '@carteiro/contracts/media'
import { Problem } from '@carteiro/contracts/problem'
import { storageKeyOf } from '@carteiro/storage/keys'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fresh from 'fresh'
import type { Dependencies } from '../../dependencies.ts'
import { contentHeaders } from './content-headers.ts'
import { selectRange } from './select-range.ts'

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
  { storage, report }: Pick<Dependencies, 'storage' | 'report'>,
  { media, tenantId, messageId }: ReadyMedia,
  { method, headers, id: requestId }: Pick<FastifyRequest, 'method' | 'headers' | 'id'>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const missing = () => {
    report.mediaMissing({ requestId, tenantId, messageId })
    return new Problem(
      'MEDIA_NOT_FOUND',
      `The bytes of message ${messageId} are not in the storage any more.`,
    )
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
  reply.headers({
    ...cacheHeaders(etag),
    ...contentHeaders(media, messageId),
    'accept-ranges': 'bytes',
    'content-length': range ? range.end - range.start + 1 : size,
  })
  if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${size}`)
  return reply.send(opened.body)
}

/** A browser that changes its key must ask anew. */
const cacheHeaders = (etag: string | undefined) => ({
  'cache-control': CACHE_CONTROL,
  vary: 'X-API-Key, Authorization, X-Authorization',
  ...(etag === undefined ? {} : { etag }),
})
