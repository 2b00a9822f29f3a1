import type { HttpServer } from '@carteiro/runtime/http-server'
import { pause } from '@carteiro/runtime/lifecycle'

/**
 * Knows the requests that have no answer yet.
 *
 * @returns resolves when those that are under way at the call have ended, or after so many milliseconds: closing the
 *   server before that would cut their answers off. Later ones are not waited for, as callers that are refused come
 *   again at once.
 */
export function countRequestsUnderWay(server: HttpServer): (graceMs: number) => Promise<void> {
  const underWay = new Set<Promise<void>>()
  server.addHook('onRequest', async (_request, reply) => {
    // Of the raw response: it closes also when the caller goes away before the answer.
    const ended = new Promise<void>((resolve) => reply.raw.once('close', resolve))
    underWay.add(ended)
    void ended.then(() => underWay.delete(ended))
  })
  return async (graceMs) => {
    const over = new AbortController()
    await Promise.race([Promise.all(underWay), pause(graceMs, over.signal)])
    over.abort()
  }
}
