import { z } from 'zod'
import type { RetryPolicy } from './retry-policy.ts'

const Time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day, such as 08:30')
const limit = z.number().min(0).max(1_000_000)

/** How fast an instance sends. 0 turns a limit off. */
export const PaceSettings = z.object({
  /** Messages a minute; the time between two of them varies by 20 %. */
  perMinute: limit,
  /** How many may leave at once after a quiet time. */
  burst: z.number().int().min(1).max(1_000),
  /** Recipients a day to whom the instance never sent, and of whom it never heard. */
  firstContactsPerDay: limit,
})
export type PaceSettings = z.infer<typeof PaceSettings>

/** When campaigns may leave, in the tenant's time zone; `from` after `to` runs over midnight. */
export const HoursSettings = z.object({ from: Time, to: Time })
export type HoursSettings = z.infer<typeof HoursSettings>

const RetryMinutesList = z.array(z.number().min(0).max(10_080)).min(1).max(20)

export const DEFAULT_PACE: PaceSettings = { perMinute: 20, burst: 5, firstContactsPerDay: 50 }

/** Settings without a limit: for development, tests and measurements. */
export const PACE_OFF = { pace: { perMinute: 0, firstContactsPerDay: 0 } }

/** What an instance's and a tenant's settings say of the outbox. The instance's win, one by one. */
export interface OutboxSettings {
  pace: PaceSettings
  hours: HoursSettings | undefined
  timezone: string
  /** Waits before attempts 1, 2, ...; without them the worker's own hold. */
  retryMinutes: RetryPolicy['minutes'] | undefined
}

/** What cannot be read counts as not said: a fault in settings must not stop what is to be sent. */
const Settings = z
  .object({
    pace: z
      .object({
        perMinute: PaceSettings.shape.perMinute.optional().catch(undefined),
        burst: PaceSettings.shape.burst.optional().catch(undefined),
        firstContactsPerDay: PaceSettings.shape.firstContactsPerDay.optional().catch(undefined),
      })
      .catch({})
      .default({}),
    hours: HoursSettings.optional().catch(undefined),
    timezone: z.string().refine(isTimezone).optional().catch(undefined),
    outbox: z
      .object({ retryMinutes: RetryMinutesList.optional().catch(undefined) })
      .catch({})
      .default({}),
  })
  .catch({ pace: {}, outbox: {} })

/**
 * @param instance `instance.settings`
 * @param tenant `tenant.settings`: says what the instance leaves open
 */
export function readSettings(instance: unknown, tenant: unknown): OutboxSettings {
  const [own, fallback] = [Settings.parse(instance), Settings.parse(tenant)]
  return {
    pace: {
      perMinute: own.pace.perMinute ?? fallback.pace.perMinute ?? DEFAULT_PACE.perMinute,
      burst: own.pace.burst ?? fallback.pace.burst ?? DEFAULT_PACE.burst,
      firstContactsPerDay:
        own.pace.firstContactsPerDay ?? fallback.pace.firstContactsPerDay ?? DEFAULT_PACE.firstContactsPerDay,
    },
    hours: own.hours ?? fallback.hours,
    timezone: own.timezone ?? fallback.timezone ?? 'UTC',
    retryMinutes: own.outbox.retryMinutes ?? fallback.outbox.retryMinutes,
  }
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
