import type { ConsentStatus, Purpose } from '@carteiro/contracts/consent'
import { ConsentSettings } from '@carteiro/contracts/settings'
import { z } from 'zod'

const StoredPolicy = z.object(ConsentSettings.shape).partial().catch({ service: 'granted' })

/** @param policy `settings.consent` of the tenant as it is stored; one that cannot be read demands a consent */
export const readPolicy = (policy: unknown): ConsentSettings => ({
  service: StoredPolicy.parse(policy ?? {}).service ?? 'unless_denied',
})

/**
 * Whether a contact may be written to.
 *
 * @param policy as `readPolicy` takes it
 * @param status of the newest consent for this purpose; `null` when there is none
 */
export function allows(policy: unknown, purpose: Purpose, status: ConsentStatus | null): boolean {
  if (status !== null) return status === 'granted'
  switch (purpose) {
    case 'marketing':
      return false
    case 'service':
      return readPolicy(policy).service === 'unless_denied'
    default:
      return purpose satisfies never
  }
}
