import type { Connection } from '@carteiro/database/connect'
import { createNotifier, type Notifier } from '@carteiro/database/notifier'
import type { Logger } from '@carteiro/runtime/logger'

/** Channel on which processes tell one another that a tenant's log grew; the payload is the tenant. */
export const EVENT_CHANNEL = 'carteiro_event'

/** Channel on which API processes pass on who types in a ticket. */
export const TYPING_CHANNEL = 'carteiro_typing'

export type EventNotifier = Notifier

/** Wakes the readers of tenants' logs. */
export const createEventNotifier = (pool: Connection['pool'], logger: Logger): EventNotifier =>
  createNotifier(pool, logger, EVENT_CHANNEL)
