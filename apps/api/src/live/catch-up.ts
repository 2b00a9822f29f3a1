import { pause } from '@carteiro/runtime/lifecycle'
import type { Channel, HubOptions } from './event-hub.ts'
import type { LiveEvent } from './live-event.ts'
import type { ReadPage } from './page-reader.ts'
import type { Subscription } from './subscription.ts'

const AGAIN_MS = 500

export interface CatchUpOptions extends Pick<HubOptions, 'logger' | 'report' | 'maxPendingBytes' | 'signal'> {
  channel: Channel
  readPage: ReadPage
  page: number
}

/**
 * Reads the log to a listener, no faster than its connection takes it, until it has come to what live listeners were
 * told; from then on it is live. A database that is away is waited for.
 */
export async function catchUp(options: CatchUpOptions, subscription: Subscription): Promise<void> {
  const { channel, logger, signal } = options
  const run = ++subscription.run
  subscription.state = 'catching up'
  const isThisRun = () => subscription.run === run && subscription.state === 'catching up'
  while (isThisRun()) {
    if (!(await hasTaken(options, subscription, isThisRun))) return
    if (subscription.position >= channel.head) {
      subscription.state = 'live'
      return
    }
    try {
      const events = await nextPage(options, subscription)
      if (!isThisRun()) return
      if (events.length === 0) skipTo(subscription, channel.head)
      await readTo(options, subscription, events, isThisRun)
    } catch (error) {
      logger.warn(
        { err: error, tenantId: subscription.listener.tenantId },
        'events could not be replayed yet',
      )
      await pause(AGAIN_MS, signal)
    }
  }
}

async function nextPage(
  { channel, readPage, page }: CatchUpOptions,
  { position, listener }: Subscription,
): Promise<LiveEvent[]> {
  return channel.recent.after(position, page) ?? (await readPage(listener.tenantId, position))
}

/** Waits until the connection has taken what it was given; one that does not read is left alone. */
async function hasTaken(
  { report }: CatchUpOptions,
  subscription: Subscription,
  isThisRun: () => boolean,
): Promise<boolean> {
  const { listener } = subscription
  const taken = await listener.drained()
  if (!isThisRun()) return false
  if (taken) return true
  subscription.state = 'waiting'
  report.tooSlow(listener.door.name)
  listener.tooSlow(subscription.prevSeq)
  return false
}

async function readTo(
  options: CatchUpOptions,
  subscription: Subscription,
  events: LiveEvent[],
  isThisRun: () => boolean,
): Promise<void> {
  const { maxPendingBytes, report } = options
  const { listener } = subscription
  for (const event of events) {
    if (listener.pendingBytes() > maxPendingBytes && !(await hasTaken(options, subscription, isThisRun)))
      return
    // Numbers have no gap but where retention has dropped a day.
    if (event.seq > subscription.position + 1) skipTo(subscription, event.seq - 1)
    subscription.position = event.seq
    if (!listener.wants(event)) continue
    listener.door.deliver(event, subscription.prevSeq, [listener])
    subscription.prevSeq = event.seq
    report.replayed(listener.door.name)
  }
}

function skipTo(subscription: Subscription, to: number): void {
  subscription.listener.truncated({ from: subscription.position + 1, to })
  subscription.position = to
  subscription.prevSeq = to
}
