import type { Queryable } from '@carteiro/database/connect'
import type { InstanceTable } from '@carteiro/database/tables'
import type { Seal } from '@carteiro/runtime/seal'
import type { Selectable } from 'kysely'
import { type CloudCredentials, type CredentialsOwner, openCredentials } from './cloud-credentials.ts'

/** A number of the Cloud API, with what opens its webhooks and speaks for it. Never log one. */
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
  const rows = await cloudRows(db)
    .where((where) =>
      'tenantId' in wanted
        ? where('tenant_id', '=', wanted.tenantId)
        : where('cloud_phone_number_id', 'in', wanted.phoneNumberIds),
    )
    .orderBy('id')
    .execute()
  return rows.flatMap((row) => open(seal, row) ?? [])
}

/**
 * One of a tenant's instances, to speak to Meta for it.
 *
 * @returns `undefined` for an instance that is not there, or is no number of the Cloud API
 * @throws SealError when its credentials were sealed under another key
 */
export async function findCloudInstance(
  { db, seal }: { db: Queryable; seal: Seal },
  { tenantId, instanceId }: CredentialsOwner,
): Promise<CloudInstance | undefined> {
  const row = await cloudRows(db)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', instanceId)
    .executeTakeFirst()
  return row && open(seal, row)
}

const cloudRows = (db: Queryable) =>
  db
    .selectFrom('instance')
    .select(['id', 'tenant_id', 'cloud_phone_number_id', 'cloud_credentials'])
    .where('transport', '=', 'cloud')

type Row = Pick<Selectable<InstanceTable>, 'id' | 'tenant_id' | 'cloud_phone_number_id' | 'cloud_credentials'>

function open(seal: Seal, row: Row): CloudInstance | undefined {
  const { id, tenant_id: tenantId, cloud_phone_number_id: phoneNumberId, cloud_credentials: sealed } = row
  if (phoneNumberId === null || sealed === null) return undefined
  const credentials = openCredentials(seal, { tenantId, instanceId: id }, sealed)
  return { id, tenantId, phoneNumberId, credentials }
}
