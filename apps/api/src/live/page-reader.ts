import type { Database } from '@carteiro/database/connect'
import { readEvents } from '@carteiro/domain/events/read'
import { type LiveEvent, toLiveEvent } from './live-event.ts'

/** Connections that come back after a restart come all at once: the pool has other work, too. */
const AT_ONCE = 4

/** A page of a tenant's log, after a number. */
export type ReadPage = (tenantId: string, after: number) => Promise<LiveEvent[]>

/** Reads pages of logs, a few at a time; those who wait for the same page get it by one query. */
export function createPageReader(db: Database, limit: number): ReadPage {
  const underWay = new Map<string, Promise<LiveEvent[]>>()
  const waiting: (() => void)[] = []
  let free = AT_ONCE

  async function read(tenantId: string, after: number): Promise<LiveEvent[]> {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return (await readEvents(db, { tenantId, after, limit })).map(toLiveEvent)
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }

  return (tenantId, after) => {
    const key = `${tenantId} ${after}`
    const page = underWay.get(key) ?? read(tenantId, after).finally(() => underWay.delete(key))
    underWay.set(key, page)
    return page
  }
}
