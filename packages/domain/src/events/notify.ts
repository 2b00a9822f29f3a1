import type { Database } from '@carteiro/database/connect'
import type { Logger } from '@carteiro/runtime/logger'
import { sql } from 'kysely'

/** Channel on which processes tell one another that a tenant's log grew; the payload is the tenant. */
export const EVENT_CHANNEL = 'carteiro_event'

/** Measured: NOTIFY inside each transaction halves the commit rate; told after it, within 5 ms, it costs 8 %. */
const COALESCE_MS = 5

export interface EventNotifier {
  notify(tenantId: string): void
  stop(): Promise<void>
}

/** Wakes the readers of tenants' logs, coalesced. A lost notification delays them by their poll, a second at most. */
export function createEventNotifier(db: Database, logger: Logger): EventNotifier {
  const waiting = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> = Promise.resolve()

  const send = async () => {
    timer = undefined
    const tenants = [...waiting]
    waiting.clear()
    try {
      await sql`select pg_notify(${EVENT_CHANNEL}, tenant) from unnest(${tenants}::text[]) as tenant`.execute(
        db,
      )
    } catch (error) {
      logger.warn({ err: error instanceof Error ? error.message : error }, 'readers of events were not woken')
    }
  }

  return {
    notify: (tenantId) => {
      waiting.add(tenantId)
      timer ??= setTimeout(() => {
        sending = send()
      }, COALESCE_MS)
    },
    stop: async () => {
      clearTimeout(timer)
      if (waiting.size > 0) sending = send()
      await sending
    },
  }
}
