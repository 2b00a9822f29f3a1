import { pause } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import type { Connection } from './connect.ts'

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

/** Prepared, as it follows every few commits. */
const NOTIFY = {
  name: 'notify',
  text: 'select pg_notify($1, payload) from unnest($2::text[]) as payload',
}

/**
 * Notifies after commits, coalesced: the first at once, those that come meanwhile together. A notification that is
 * lost delays its reader by the poll that every reader has besides.
 */
export function createNotifier(pool: Connection['pool'], logger: Logger, channel: string): Notifier {
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
      await pool.query({ ...NOTIFY, values: [channel, payloads] })
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
