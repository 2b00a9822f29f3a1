import { z } from 'zod'
import { TimeOfDay, Timezone } from './settings.ts'

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export const Weekday = z.enum(WEEKDAYS)
export type Weekday = z.infer<typeof Weekday>

/** When somebody is there. A range whose `from` is not before its `to` runs over midnight into the next day. */
export const OfficeHours = z.strictObject({
  timezone: Timezone,
  week: z
    .array(z.strictObject({ days: z.array(Weekday).min(1).max(7), from: TimeOfDay, to: TimeOfDay }))
    .min(1)
    .max(28),
})
export type OfficeHours = z.infer<typeof OfficeHours>
