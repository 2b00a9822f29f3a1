import type { ConsentStatus, Purpose } from '@carteiro/contracts/consent'
import { z } from 'zod'

/**
 * What a tenant demands before a contact is written to, as `settings.consent` holds it. Marketing always needs a
 * consent that was granted; service messages are sent unless they were denied, or need it too.
 */
const ConsentPolicy = z.object({ service: z.enum(['unless_denied', 'granted']).default('unless_denied') })

/**
 * Whether a contact may be written to.
 *
 * @param policy `settings.consent` of the tenant as it is stored; one that cannot be read demands a consent
 * @param status of the newest consent for this purpose; `null` when there is none
 */
export function allows(policy: unknown, purpose: Purpose, status: ConsentStatus | null): boolean {
  if (status !== null) return status === 'granted'
  switch (purpose) {
    case 'marketing':
      return false
    case 'service':
      return ConsentPolicy.safeParse(policy ?? {}).data?.service === 'unless_denied'
    default:
      return purpose satisfies never
  }
}
