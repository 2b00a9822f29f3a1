import type { Database } from '@carteiro/database/connect'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import type { Logger } from '@carteiro/runtime/logger'
import { findGrown, readEvents, readLastSeq, type StoredEvent } from './read.ts'

export interface EventFollower {
  /** Follows a tenant, from its newest event on, until as many `unfollow`s. @returns the last event's number */
  follow(tenantId: string): Promise<number>
  unfollow(tenantId: string): void
  /** The tenant's log may have grown. */
  wake(tenantId: string): void
  /** Notifications may have been missed. */
  wakeAll(): void
  stop(): Promise<void>
}

export interface FollowOptions {
  db: Database
  logger: Logger
  /** Called for each event, in the tenant's order, without gap or repetition. */
  onEvent: (event: StoredEvent) => void
}

const PAGE = 500
const POLL_MS = 1_000

interface Reader {
  position: number
  /** When the event at `position` was stored. */
  since?: Date | undefined
  followers: number
  reading: boolean
  again: boolean
}

/**
 * Follows the logs of tenants: one reader a tenant, however many clients listen. A notification wakes it; a poll
 * each second is the net below.
 */
export function followEvents({ db, logger, onEvent }: FollowOptions): EventFollower {
  const readers = new Map<string, Reader>()
  const running = new Set<Promise<void>>()
  let stopped = false

  const wake = (tenantId: string) => {
    const reader = readers.get(tenantId)
    if (!reader || stopped) return
    reader.again = true
    if (reader.reading) return
    reader.reading = true
    const run = readOn(tenantId, reader).finally(() => running.delete(run))
    running.add(run)
  }

  async function readOn(tenantId: string, reader: Reader): Promise<void> {
    try {
      while (reader.again && !stopped && readers.get(tenantId) === reader) {
        reader.again = false
        const events = await readEvents(db, {
          tenantId,
          after: reader.position,
          since: reader.since,
          limit: PAGE,
        })
        for (const event of events) {
          reader.position = event.seq
          reader.since = event.occurredAt
          onEvent(event)
        }
        if (events.length === PAGE) reader.again = true
      }
    } catch (error) {
      // The poll comes back to it.
      tell(error, tenantId)
    } finally {
      reader.reading = false
    }
  }

  const wakeAll = () => {
    for (const tenantId of readers.keys()) wake(tenantId)
  }

  const tell = (error: unknown, tenantId?: string) => {
    const level = isDatabaseUnavailable(error) ? 'warn' : 'error'
    logger[level]({ err: error, tenantId }, 'events could not be read')
  }
  /** One question for all tenants: those that have nothing new cost nothing more. */
  async function lookForGrown(): Promise<void> {
    try {
      const positions = new Map([...readers].map(([tenantId, { position }]) => [tenantId, position]))
      for (const tenantId of await findGrown(db, positions)) wake(tenantId)
    } catch (error) {
      tell(error)
    }
  }
  let looking: Promise<void> | undefined
  const poll = setInterval(() => {
    looking ??= lookForGrown().finally(() => {
      looking = undefined
    })
  }, POLL_MS)

  return {
    follow: async (tenantId) => {
      const position = readers.get(tenantId)?.position ?? (await readLastSeq(db, tenantId))
      const reader = readers.get(tenantId) ?? { position, followers: 0, reading: false, again: false }
      readers.set(tenantId, reader)
      reader.followers++
      return reader.position
    },
    unfollow: (tenantId) => {
      const reader = readers.get(tenantId)
      if (reader && --reader.followers === 0) readers.delete(tenantId)
    },
    wake,
    wakeAll,
    stop: async () => {
      stopped = true
      clearInterval(poll)
      await Promise.all([...running, looking])
    },
  }
}
