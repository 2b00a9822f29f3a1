import { z } from 'zod'
import { BrokerSettings, BrokerSettingsChange } from './broker-settings.ts'

export const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day, such as 08:30')
const limit = z.number().min(0).max(1_000_000)

/** How fast an instance sends. 0 turns a limit off. */
export const PaceSettings = z.strictObject({
  /** Messages a minute; the time between two of them varies by 20 %. */
  perMinute: limit,
  /** How many may leave at once after a quiet time. */
  burst: z.number().int().min(1).max(1_000),
  /** Recipients a day to whom the instance never sent, and of whom it never heard. */
  firstContactsPerDay: limit,
})
export type PaceSettings = z.infer<typeof PaceSettings>

/** When campaigns may leave, in the tenant's time zone; `from` after `to` runs over midnight. */
export const HoursSettings = z.strictObject({ from: TimeOfDay, to: TimeOfDay })
export type HoursSettings = z.infer<typeof HoursSettings>

/** Waits before attempts 1, 2, ..., in minutes: their number is the number of attempts. */
export const RetryMinutesList = z.array(z.number().min(0).max(10_080)).min(1).max(20)

/** By its name: an offset has the other sign in PostgreSQL than it has elsewhere. */
export const Timezone = z
  .string()
  .regex(/^[A-Za-z][\w+/-]{0,63}$/)
  .refine(isTimezone, 'must be a time zone, such as America/Sao_Paulo')

/**
 * What a tenant demands before a contact is written to. Marketing always needs a consent that was granted; service
 * messages are sent unless they were denied, or need it too.
 */
export const ConsentSettings = z.strictObject({ service: z.enum(['unless_denied', 'granted']) })
export type ConsentSettings = z.infer<typeof ConsentSettings>

/** Where events go is not a tenant's to say: they carry the broker's key. */
const NOT_A_TENANTS = { webhookUrl: true } as const

/** Left out, it stays as it is; `null`, it is not said any more. */
const changeable = <Schema extends z.ZodType>(schema: Schema) => schema.nullable().optional()

/** `PATCH`: what an instance says itself. What it leaves open is the tenant's. */
export const InstanceSettingsChange = z.strictObject({
  pace: changeable(
    z.strictObject({
      perMinute: changeable(PaceSettings.shape.perMinute),
      burst: changeable(PaceSettings.shape.burst),
      firstContactsPerDay: changeable(PaceSettings.shape.firstContactsPerDay),
    }),
  ),
  hours: changeable(HoursSettings),
  timezone: changeable(Timezone),
  outbox: changeable(z.strictObject({ retryMinutes: changeable(RetryMinutesList) })),
  /** How its broker treats it. */
  broker: changeable(BrokerSettingsChange.omit(NOT_A_TENANTS)),
})
export type InstanceSettingsChange = z.infer<typeof InstanceSettingsChange>

/** `PATCH /api/v1/settings`: what holds for all of a tenant's instances, unless one says otherwise itself. */
export const TenantSettingsChange = InstanceSettingsChange.omit({ broker: true }).extend({
  consent: changeable(z.strictObject({ service: changeable(ConsentSettings.shape.service) })),
})
export type TenantSettingsChange = z.infer<typeof TenantSettingsChange>

/** What an instance says itself, as far as it can be read. */
export const InstanceSettings = z.object({
  pace: PaceSettings.partial().optional(),
  hours: HoursSettings.optional(),
  timezone: z.string().optional(),
  outbox: z.object({ retryMinutes: RetryMinutesList.optional() }).optional(),
  broker: z.object(BrokerSettings.omit(NOT_A_TENANTS).shape).optional(),
})
export type InstanceSettings = z.infer<typeof InstanceSettings>

/** What holds for a tenant's instances, defaults included. */
export const TenantSettings = z.object({
  pace: PaceSettings,
  hours: HoursSettings.nullable(),
  timezone: z.string(),
  /** `null`: as the processes are configured. */
  outbox: z.object({ retryMinutes: RetryMinutesList.nullable() }),
  consent: ConsentSettings,
})
export type TenantSettings = z.infer<typeof TenantSettings>

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
