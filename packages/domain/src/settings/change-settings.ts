import type {
  InstanceSettingsChange,
  TenantSettings,
  TenantSettingsChange,
} from '@carteiro/contracts/settings'
import type { Database, DatabaseTransaction } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { nudgeOutbound } from '@carteiro/queue/enqueue'
import type { Queue } from '@carteiro/queue/queue'
import { sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import { type InstanceView, toInstanceView } from '../instances/create-instance.ts'
import { mergePatch } from './merge-patch.ts'
import { toTenantSettings } from './read-settings.ts'

interface Dependencies {
  db: Database
  queue: Queue
}

/** Who changes what of which tenant. */
interface Change {
  tenantId: string
  actor: string
  requestId: string
}

/** `unknown_timezone`: PostgreSQL, which reckons with it, has none of this name. Nothing is changed then. */
export type UnknownTimezone = { status: 'unknown_timezone' }

/**
 * Changes what holds for a tenant's instances, as a JSON merge patch, with its line in the audit trail. The workers look
 * at the instances anew.
 */
export async function changeTenantSettings(
  { db, queue }: Dependencies,
  { tenantId, actor, requestId, settings }: Change & { settings: TenantSettingsChange },
): Promise<{ status: 'changed'; settings: TenantSettings } | UnknownTimezone> {
  return inTransaction(db, async (transaction) => {
    if (!(await knowsTimezone(transaction, settings))) return { status: 'unknown_timezone' }
    const row = await transaction
      .selectFrom('tenant')
      .select('settings')
      .where('id', '=', tenantId)
      .forUpdate()
      .executeTakeFirstOrThrow()
    const merged = mergePatch(row.settings, settings)
    await transaction
      .updateTable('tenant')
      .set({ settings: JSON.stringify(merged) })
      .where('id', '=', tenantId)
      .execute()
    const entity = { entityType: 'tenant' as const, entityId: tenantId }
    await recordAudit(transaction, [
      { tenantId, actor, action: 'UPDATED', ...entity, details: { settings }, requestId },
    ])
    const instances = await transaction
      .selectFrom('instance')
      .select('id as instanceId')
      .where('tenant_id', '=', tenantId)
      .where('connected', '=', true)
      .execute()
    const nudges = instances.map(({ instanceId }) => ({ tenantId, instanceId }))
    if (nudges.length > 0) await nudgeOutbound(queue, transaction, nudges)
    return { status: 'changed', settings: toTenantSettings(merged) }
  })
}

/** Changes an instance's name or what it says itself, in the same way. */
export async function changeInstance(
  { db, queue }: Dependencies,
  change: Change & {
    id: string
    name?: string | undefined
    delivery?: InstanceView['delivery'] | undefined
    settings?: InstanceSettingsChange | undefined
  },
): Promise<{ status: 'changed'; instance: InstanceView } | { status: 'not_found' } | UnknownTimezone> {
  const { tenantId, id, name, delivery, settings = {}, actor, requestId } = change
  return inTransaction(db, async (transaction) => {
    if (!(await knowsTimezone(transaction, settings))) return { status: 'unknown_timezone' }
    const row = await transaction
      .selectFrom('instance')
      .select(['name', 'delivery', 'settings'])
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst()
    if (!row) return { status: 'not_found' }
    const changed = await transaction
      .updateTable('instance')
      .set({
        name: name ?? row.name,
        delivery: delivery ?? row.delivery,
        settings: JSON.stringify(mergePatch(row.settings, settings)),
        updated_at: sql`now()`,
      })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    const details = {
      ...(name === undefined ? {} : { name }),
      ...(delivery === undefined ? {} : { delivery }),
      settings,
    }
    const entity = { entityType: 'instance' as const, entityId: id }
    await recordAudit(transaction, [{ tenantId, actor, action: 'UPDATED', ...entity, details, requestId }])
    await nudgeOutbound(queue, transaction, [{ tenantId, instanceId: id }])
    return { status: 'changed', instance: toInstanceView(changed) }
  })
}

/** A name that only we know would stop the instance: its every claim asks PostgreSQL for the time there. */
async function knowsTimezone(
  transaction: DatabaseTransaction,
  { timezone }: InstanceSettingsChange,
): Promise<boolean> {
  if (!timezone) return true
  const { rows } = await sql`
    select from pg_timezone_names where lower(name) = lower(${timezone})`.execute(transaction)
  return rows.length > 0
}
