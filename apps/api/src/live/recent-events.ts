import type { LiveEvent } from './live-event.ts'

const MAX_EVENTS = 1_000
const MAX_CHARACTERS = 1024 * 1024

export interface RecentEvents {
  add(event: LiveEvent): void
  /** The events after a number, `limit` at most; `undefined` when some of them are not held any more. */
  after(seq: number, limit: number): LiveEvent[] | undefined
}

/** A tenant's newest events, in memory: connections that were away for a moment come back without a query. */
export function createRecentEvents(): RecentEvents {
  let events: LiveEvent[] = []
  let characters = 0

  function dropOldest(): void {
    let dropped = 0
    // Dropped a quarter at a time: each drop copies what stays.
    while (events.length - dropped > (MAX_EVENTS * 3) / 4 || characters > (MAX_CHARACTERS * 3) / 4) {
      const oldest = events[dropped++]
      if (!oldest) break
      characters -= oldest.body.length
    }
    events = events.slice(dropped)
  }

  return {
    add: (event) => {
      events.push(event)
      characters += event.body.length
      if (events.length > MAX_EVENTS || characters > MAX_CHARACTERS) dropOldest()
    },
    after: (seq, limit) => {
      const [oldest] = events
      if (!oldest || oldest.seq > seq + 1) return undefined
      const start = seq + 1 - oldest.seq
      return events.slice(start, start + limit)
    },
  }
}
