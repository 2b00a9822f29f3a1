import type { Queryable } from '@carteiro/database/connect'
import type { Seal } from '@carteiro/runtime/seal'
import { type CloudCredentials, openCredentials } from './cloud-credentials.ts'

/** A number of the Cloud API, with what opens its webhooks. Never log one. */
export interface CloudInstance {
  id: string
  tenantId: string
  /** Meta's name of the number. */
  phoneNumberId: string
  credentials: CloudCredentials
}

/** Of one tenant, or by Meta's names of the numbers: those are unique over all tenants. */
export type CloudInstanceQuery = { tenantId: string } | { phoneNumberIds: string[] }

/** @throws SealError when credentials were sealed under another key */
export async function findCloudInstances(
  { db, seal }: { db: Queryable; seal: Seal },
  wanted: CloudInstanceQuery,
): Promise<CloudInstance[]> {
  if ('phoneNumberIds' in wanted && wanted.phoneNumberIds.length === 0) return []
  const rows = await db
    .selectFrom('instance')
    .select(['id', 'tenant_id', 'cloud_phone_number_id', 'cloud_credentials'])
    .where('transport', '=', 'cloud')
    .where((where) =>
      'tenantId' in wanted
        ? where('tenant_id', '=', wanted.tenantId)
        : where('cloud_phone_number_id', 'in', wanted.phoneNumberIds),
    )
    .orderBy('id')
    .execute()
  return rows.flatMap(({ id, tenant_id: tenantId, cloud_phone_number_id, cloud_credentials }) => {
    if (cloud_phone_number_id === null || cloud_credentials === null) return []
    const credentials = openCredentials(seal, { tenantId, instanceId: id }, cloud_credentials)
    return [{ id, tenantId, phoneNumberId: cloud_phone_number_id, credentials }]
  })
}
