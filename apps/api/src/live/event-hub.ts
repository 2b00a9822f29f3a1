import { Problem } from '@carteiro/contracts/problem'
import type { Database } from '@carteiro/database/connect'
import type { EventFollower } from '@carteiro/domain/events/follow'
import { readLastSeq, type StoredEvent } from '@carteiro/domain/events/read'
import type { Logger } from '@carteiro/runtime/logger'
import type { Report } from '../report.ts'
import { catchUp } from './catch-up.ts'
import { type LiveEvent, toLiveEvent } from './live-event.ts'
import { createPageReader } from './page-reader.ts'
import { createRecentEvents, type RecentEvents } from './recent-events.ts'
import type { Door, Listener, Subscription } from './subscription.ts'

/** A page of the log, as those who catch up read it. */
const PAGE = 100

/** One tenant's log, as far as this process has followed it, and who listens. */
export interface Channel {
  /** The newest event that live listeners were told. */
  head: number
  recent: RecentEvents
  subscriptions: Set<Subscription>
}

export interface EventHub {
  /**
   * Gives a listener its place in its tenant's log: after `lastSeq`, else at the end. It hears nothing before `resume`.
   *
   * @throws Problem SEQ_NOT_REACHED when the log has not come as far as `lastSeq`; TOO_MANY_CONNECTIONS
   */
  subscribe(listener: Listener, lastSeq?: number): Promise<Subscription>
  /** @returns the newest number. @throws Problem SEQ_NOT_REACHED when the tenant's log has not come as far */
  requireReached(tenantId: string, lastSeq: number): Promise<number>
  /** Tells everything after a number that was reached (again), then what comes. */
  replay(subscription: Subscription, lastSeq: number): void
  /** Tells what a waiting or catching-up subscription has not heard yet. */
  resume(subscription: Subscription): void
  unsubscribe(subscription: Subscription): void
  /** Called for each event of a followed tenant, in order. */
  tell(event: StoredEvent): void
  listeners(tenantId: string): Iterable<Subscription>
  /** Ends every subscription. */
  stop(): void
}

export interface HubOptions {
  db: Database
  follower: Pick<EventFollower, 'follow' | 'unfollow'>
  logger: Logger
  report: Report
  /** More than this is not kept in memory for one connection. */
  maxPendingBytes: number
  maxConnectionsPerTenant: number
  signal: AbortSignal
}

/** Every tenant's log to everyone who listens: Socket.IO and SSE are two doors to it; replay and live are one loop. */
export function createEventHub(options: HubOptions): EventHub {
  const { db, follower, report, maxPendingBytes, maxConnectionsPerTenant } = options
  const channels = new Map<string, Channel>()
  const readPage = createPageReader(db, PAGE)

  const channelOf = (tenantId: string): Channel => {
    const channel = channels.get(tenantId) ?? {
      head: 0,
      recent: createRecentEvents(),
      subscriptions: new Set(),
    }
    channels.set(tenantId, channel)
    return channel
  }

  async function requireReached(tenantId: string, lastSeq: number): Promise<number> {
    const head = channels.get(tenantId)?.head ?? 0
    // Another process may have told it already.
    const newest = lastSeq >= head ? await readLastSeq(db, tenantId) : head
    if (lastSeq <= newest) return newest
    const mend = 'Read the lists anew, and begin without lastSeq.'
    throw new Problem('SEQ_NOT_REACHED', `The newest event is ${newest}: there is no ${lastSeq} yet. ${mend}`)
  }

  const resume = (subscription: Subscription) => {
    const { tenantId } = subscription.listener
    const channel = channels.get(tenantId)
    if (subscription.state === 'closed') return
    if (channel) void catchUp({ ...options, channel, readPage, page: PAGE }, subscription)
  }

  /** Offers a live event. @returns whether the listener is to be told */
  function offer(subscription: Subscription, event: LiveEvent): boolean {
    if (subscription.state !== 'live' || event.seq <= subscription.position) return false
    const isWanted = subscription.listener.wants(event)
    if (isWanted && subscription.listener.pendingBytes() > maxPendingBytes) {
      // From here on it is read to from the log, as fast as it takes it.
      resume(subscription)
      return false
    }
    subscription.position = event.seq
    return isWanted
  }

  function unsubscribe(subscription: Subscription): void {
    if (subscription.state === 'closed') return
    subscription.state = 'closed'
    const { tenantId } = subscription.listener
    const channel = channels.get(tenantId)
    channel?.subscriptions.delete(subscription)
    if (channel?.subscriptions.size === 0) channels.delete(tenantId)
    follower.unfollow(tenantId)
  }

  return {
    subscribe: async (listener, lastSeq) => {
      const { tenantId } = listener
      if ((channels.get(tenantId)?.subscriptions.size ?? 0) >= maxConnectionsPerTenant) {
        throw new Problem(
          'TOO_MANY_CONNECTIONS',
          `This tenant has ${maxConnectionsPerTenant} connections open; close one first.`,
          { retryAfterSeconds: 5 },
        )
      }
      const subscription: Subscription = { listener, state: 'waiting', position: 0, prevSeq: 0, run: 0 }
      const channel = channelOf(tenantId)
      channel.subscriptions.add(subscription)
      try {
        channel.head = Math.max(await follower.follow(tenantId), channel.head)
      } catch (error) {
        channel.subscriptions.delete(subscription)
        if (channel.subscriptions.size === 0) channels.delete(tenantId)
        throw error
      }
      try {
        if (lastSeq !== undefined) await requireReached(tenantId, lastSeq)
      } catch (error) {
        unsubscribe(subscription)
        throw error
      }
      subscription.position = lastSeq ?? channel.head
      subscription.prevSeq = subscription.position
      return subscription
    },

    requireReached,

    replay: (subscription, lastSeq) => {
      subscription.position = lastSeq
      subscription.prevSeq = lastSeq
      resume(subscription)
    },

    resume,
    unsubscribe,

    tell: (stored) => {
      const channel = channels.get(stored.tenantId)
      if (!channel) return
      const event = toLiveEvent(stored)
      channel.head = event.seq
      channel.recent.add(event)
      const told = new Map<Door, Map<number, Listener[]>>()
      for (const subscription of channel.subscriptions) {
        if (!offer(subscription, event)) continue
        const { listener, prevSeq } = subscription
        gather(told, listener, prevSeq)
        subscription.prevSeq = event.seq
      }
      for (const [door, groups] of told) {
        for (const [prevSeq, listeners] of groups) door.deliver(event, prevSeq, listeners)
      }
      report.eventTold(event.occurredAt)
    },

    listeners: (tenantId) => channels.get(tenantId)?.subscriptions ?? [],

    stop: () => {
      const told = { code: 'SHUTTING_DOWN', message: 'The server stops; connect again in a moment.' }
      for (const { subscriptions } of [...channels.values()]) {
        for (const subscription of [...subscriptions]) {
          subscription.listener.close(told)
          unsubscribe(subscription)
        }
      }
    },
  }
}

/** Listeners that have heard the same are told together: what they are told is written once. */
function gather(told: Map<Door, Map<number, Listener[]>>, listener: Listener, prevSeq: number): void {
  const groups = told.get(listener.door) ?? new Map<number, Listener[]>()
  told.set(listener.door, groups)
  const group = groups.get(prevSeq)
  if (group) group.push(listener)
  else groups.set(prevSeq, [listener])
}
