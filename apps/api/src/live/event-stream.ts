import type { FastifyReply } from 'fastify'

const RECONNECT_MS = 1_000

/** One server-sent event (WHATWG HTML, section 9.2). */
export const frameOf = (event: string, data: object, id?: number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** Begins the stream of an answer that was hijacked, with the headers that it has so far; `ready` is told first. */
export function beginStream(reply: FastifyReply, ready: string): void {
  const { raw } = reply
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value)
  }
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  })
  raw.write(`retry: ${RECONNECT_MS}\n${ready}`)
}
