import { MAX_SEND_BODY_BYTES } from '@carteiro/contracts/broker-send'
import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'

/** Bytes of bodies that are held at a time, from a request's head to its answer. */
const MAX_HELD_BYTES = 256 * 1024 * 1024
/** What nobody notices. */
const SMALL_BYTES = 64 * 1024

/**
 * Each body has a bound of its own, and so have all of them together: a hundred large files in base64 must not fill the
 * memory of a process that holds sessions.
 *
 * @throws Problem RATE_LIMITED on the request, before its body is read
 */
export function boundBodies(server: HttpServer, maxHeldBytes = MAX_HELD_BYTES): void {
  let held = 0
  server.addHook('onRequest', async (request, reply) => {
    const bytes = bodyBytes(request.headers)
    if (bytes <= SMALL_BYTES) return
    if (held + bytes > maxHeldBytes) {
      throw new Problem('RATE_LIMITED', 'This broker is busy with large requests.', { retryAfterSeconds: 1 })
    }
    held += bytes
    reply.raw.once('close', () => {
      held -= bytes
    })
  })
}

/** Of a body whose length is not told, the most that it may have. A longer one is refused as it is read. */
function bodyBytes({
  'content-length': length,
  'transfer-encoding': encoding,
}: Record<string, string | string[] | undefined>): number {
  const told = encoding === undefined ? Number(length ?? 0) : MAX_SEND_BODY_BYTES
  return Math.min(Number.isFinite(told) ? told : 0, MAX_SEND_BODY_BYTES)
}
