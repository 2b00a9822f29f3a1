import { pause } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import { sql } from 'kysely'
import type { Database } from './connect.ts'

/** Wakes those who LISTEN on one channel. */
export interface Notifier {
  notify(payload: string): void
  /** Sends what waits. */
  stop(): Promise<void>
}

/**
 * Measured: NOTIFY inside each transaction halves the commit rate, because such commits take turns; told after
 * them, at most once in 5 ms, it costs 8 %.
 */
const COALESCE_MS = 5

/**
 * Notifies after commits, coalesced: the first at once, those that come meanwhile together. A notification that is
 * lost delays its reader by the poll that every reader has besides.
 */
export function createNotifier(db: Database, logger: Logger, channel: string): Notifier {
  const waiting = new Set<string>()
  const stopping = new AbortController()
  let sending: Promise<void> | undefined

  async function sendAll(): Promise<void> {
    while (waiting.size > 0) {
      const payloads = [...waiting]
      waiting.clear()
      await send(payloads)
      await pause(COALESCE_MS, stopping.signal)
    }
    sending = undefined
  }

  async function send(payloads: string[]): Promise<void> {
    try {
      await sql`select pg_notify(${channel}, payload) from unnest(${payloads}::text[]) as payload`.execute(db)
    } catch (error) {
      logger.warn({ err: error instanceof Error ? error.message : error, channel }, 'nobody was notified')
    }
  }

  return {
    notify: (payload) => {
      waiting.add(payload)
      sending ??= sendAll()
    },
    stop: async () => {
      stopping.abort()
      await sending
    },
  }
}
