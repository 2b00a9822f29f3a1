import { Readable } from 'node:stream'
import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import type { Changes } from './changes.ts'
import { PhoneParams } from './fields.ts'

/** As many pages as may listen at a time. */
const STREAMS_LIMIT = 100
const HEARTBEAT_MS = 15_000

/**
 * `GET /phones/:phone/events` tells, as server-sent events, that a phone shows something else: `change`, with the
 * version of what it shows. The first one comes at once.
 */
export function addEventRoutes(server: HttpServer, changes: Changes): void {
  let open = 0

  server.get('/phones/:phone/events', { schema: { params: PhoneParams } }, async ({ params }, reply) => {
    if (open >= STREAMS_LIMIT) throw new Problem('RATE_LIMITED', 'Too many pages listen: close some.')
    open += 1
    const ended = new AbortController()
    // The stream itself closes only when the wait in it has ended.
    reply.raw.once('close', () => {
      open -= 1
      ended.abort()
    })
    const stream = Readable.from(follow(changes, params.phone, ended.signal))
    return reply.type('text/event-stream').header('cache-control', 'no-store').send(stream)
  })
}

async function* follow(changes: Changes, phone: string, signal: AbortSignal): AsyncGenerator<string> {
  let seen = changes.version(phone)
  yield changed(seen)
  while (!signal.aborted) {
    const version = await changes.later(phone, seen, { timeoutMs: HEARTBEAT_MS, signal })
    seen = version ?? seen
    yield version === undefined ? ': still here\n\n' : changed(version)
  }
}

const changed = (version: number): string => `event: change\ndata: ${JSON.stringify({ version })}\n\n`
