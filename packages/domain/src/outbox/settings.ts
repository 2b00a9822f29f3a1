import {
  HoursSettings,
  type InstanceSettings,
  PaceSettings,
  RetryMinutesList,
  Timezone,
} from '@carteiro/contracts/settings'
import { z } from 'zod'
import type { RetryPolicy } from './retry-policy.ts'

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
    timezone: Timezone.optional().catch(undefined),
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

/** What settings say themselves, as far as it can be read. */
export function readSaid(settings: unknown): InstanceSettings {
  const { pace, hours, timezone, outbox } = Settings.parse(settings)
  return {
    ...(saysSomething(pace) ? { pace } : {}),
    ...(hours ? { hours } : {}),
    ...(timezone ? { timezone } : {}),
    ...(saysSomething(outbox) ? { outbox } : {}),
  }
}

const saysSomething = (said: object): boolean => Object.values(said).some((value) => value !== undefined)
