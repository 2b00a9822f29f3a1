import type { HttpServer } from '@carteiro/runtime/http-server'

/**
 * Counts the requests that have no answer yet.
 *
 * @returns resolves when there are none: closing the server before that would cut their answers off
 */
export function countRequestsUnderWay(server: HttpServer): () => Promise<void> {
  let underWay = 0
  let onNone: (() => void) | undefined
  server.addHook('onRequest', async (_request, reply) => {
    underWay += 1
    // Of the raw response: it closes also when the caller goes away before the answer.
    reply.raw.once('close', () => {
      underWay -= 1
      if (underWay === 0) onNone?.()
    })
  })
  return () =>
    new Promise((resolve) => {
      onNone = resolve
      if (underWay === 0) resolve()
    })
}
