import type { Connection } from '@carteiro/database/connect'
import { createNotifier, type Notifier } from '@carteiro/database/notifier'
import type { Logger } from '@carteiro/runtime/logger'
import { z } from 'zod'

/** Channel on which processes tell one another that a tenant's log grew; the payload is the tenant. */
export const EVENT_CHANNEL = 'carteiro_event'

/** Channel on which API processes pass on who types in a ticket; workers listen, too. */
export const TYPING_CHANNEL = 'carteiro_typing'

/** What is told on it. */
export const TypingNotice = z.object({
  tenantId: z.string(),
  ticketId: z.string(),
  by: z.string(),
  typing: z.boolean(),
  /** The socket that said it hears it from nobody. */
  socketId: z.string(),
  /** Whether who types may write to the customer: then the customer may see it. */
  mayWrite: z.boolean(),
})
export type TypingNotice = z.infer<typeof TypingNotice>

/** @returns `undefined` for what is none */
export function readTypingNotice(payload: string): TypingNotice | undefined {
  try {
    return TypingNotice.safeParse(JSON.parse(payload)).data
  } catch {
    return undefined
  }
}

export type EventNotifier = Notifier

/** Wakes the readers of tenants' logs. */
export const createEventNotifier = (pool: Connection['pool'], logger: Logger): EventNotifier =>
  createNotifier(pool, logger, EVENT_CHANNEL)
