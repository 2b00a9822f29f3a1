import type { IntentRefusal } from './prepare-intent.ts'

/** A message that nobody remembers is worse than none. */
const MAX_DAYS_AHEAD = 366
const DAY_MS = 86_400_000

export interface RequestedTimes {
  scheduledAt?: Date | undefined
  expiresAt?: Date | undefined
}

/**
 * Whether a message can leave between its times. Asked after its idempotency key: what was accepted once is
 * answered again, also when its time has passed since.
 */
export function checkTimes(
  { scheduledAt, expiresAt }: RequestedTimes,
  now = new Date(),
): IntentRefusal | undefined {
  const latest = new Date(now.getTime() + MAX_DAYS_AHEAD * DAY_MS)
  if (scheduledAt && scheduledAt <= now)
    return fault('scheduledAt', 'is in the past; leave it out to send now')
  if (scheduledAt && scheduledAt > latest)
    return fault('scheduledAt', `is more than ${MAX_DAYS_AHEAD} days away`)
  if (expiresAt && expiresAt <= now) return fault('expiresAt', 'is in the past')
  if (scheduledAt && expiresAt && expiresAt <= scheduledAt)
    return fault('expiresAt', 'must be after scheduledAt')
  return undefined
}

const fault = (path: string, message: string): IntentRefusal => ({
  status: 'invalid_request',
  faults: [{ of: 'request', path, message }],
})
