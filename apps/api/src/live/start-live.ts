import type { Connection } from '@carteiro/database/connect'
import { listen } from '@carteiro/database/listen'
import { createNotifier } from '@carteiro/database/notifier'
import { followEvents } from '@carteiro/domain/events/follow'
import { EVENT_CHANNEL, TYPING_CHANNEL } from '@carteiro/domain/events/notify'
import type { Lifecycle } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import type { ApiConfig } from '../config.ts'
import type { Report } from '../report.ts'
import { createEventHub, type EventHub } from './event-hub.ts'
import { type KeyWatch, watchKeys } from './key-watch.ts'
import { createTypingRelay, type TypingRelay } from './typing-relay.ts'

/** What the doors to the event log stand on, one for the process. */
export interface Live {
  hub: EventHub
  keys: KeyWatch
  typing: TypingRelay
  /** Resolves when this process first listens: what is told by NOTIFY alone reaches it from then on. */
  listening: Promise<void>
}

export interface LiveOptions {
  config: ApiConfig
  connection: Connection
  logger: Logger
  lifecycle: Lifecycle
  report: Report
}

/** Follows the logs of tenants that somebody listens to, and wakes by LISTEN. */
export function startLive({ config, connection, logger, lifecycle, report }: LiveOptions): Live {
  const { db, pool } = connection
  const { signal } = lifecycle
  const follower = followEvents({ db, logger, onEvent: (event) => hub.tell(event) })
  const hub: EventHub = createEventHub({
    ...{ db, follower, logger, report, signal },
    maxPendingBytes: config.REALTIME_MAX_PENDING_KB * 1024,
    maxConnectionsPerTenant: config.REALTIME_MAX_CONNECTIONS_PER_TENANT,
  })
  const keys = watchKeys(db, logger, signal)
  const typingNotifier = createNotifier(pool, logger, TYPING_CHANNEL)
  const typing = createTypingRelay(typingNotifier, logger)

  const { promise: listening, resolve: isListening } = Promise.withResolvers<void>()
  const ended = listen([EVENT_CHANNEL, TYPING_CHANNEL], {
    url: config.DATABASE_URL,
    name: 'carteiro api',
    logger,
    signal,
    onNotification: (channel, payload) =>
      channel === EVENT_CHANNEL ? follower.wake(payload) : typing.heard(payload),
    onListening: () => {
      isListening()
      follower.wakeAll()
    },
  })
  lifecycle.onStop('event listener', () => ended)
  lifecycle.onStop('typing notifier', typingNotifier.stop)
  lifecycle.onStop('key watch', () => keys.stopped)
  lifecycle.onStop('event follower', follower.stop)
  return { hub, keys, typing, listening }
}
