import type { TenantSettings } from '@carteiro/contracts/settings'
import type { Queryable } from '@carteiro/database/connect'
import { readPolicy } from '../consents/policy.ts'
import { readSettings } from '../outbox/settings.ts'

/** What holds for a tenant's instances, unless one says otherwise itself. */
export async function readTenantSettings(db: Queryable, tenantId: string): Promise<TenantSettings> {
  const { settings } = await db
    .selectFrom('tenant')
    .select('settings')
    .where('id', '=', tenantId)
    .executeTakeFirstOrThrow()
  return toTenantSettings(settings)
}

/** @param stored `tenant.settings`: what cannot be read counts as not said */
export function toTenantSettings(stored: unknown): TenantSettings {
  const { pace, hours, timezone, retryMinutes } = readSettings({}, stored)
  const consent = typeof stored === 'object' && stored !== null && 'consent' in stored ? stored.consent : {}
  return {
    ...{ pace, timezone, hours: hours ?? null },
    outbox: { retryMinutes: retryMinutes ?? null },
    consent: readPolicy(consent),
  }
}
