import type { ConnectionStatus } from '@carteiro/contracts/broker-event'
import { InstanceSettings } from '@carteiro/contracts/settings'
import type { Queryable } from '@carteiro/database/connect'
import type { InstanceTable } from '@carteiro/database/tables'
import type { Selectable } from 'kysely'
import { readSaid } from '../outbox/settings.ts'

/** An instance as the API tells of it. */
export interface InstanceView {
  id: string
  tenantId: string
  name: string
  /** A phone that a broker linked, or a number of Meta's Cloud API. */
  transport: 'baileys' | 'cloud'
  /** Its broker is called, or an adapter asks for its messages. */
  delivery: 'push' | 'pull'
  status: ConnectionStatus
  connected: boolean
  phone: string | null
  lid: string | null
  reason: string | null
  /** What it says itself; what it leaves open is the tenant's. */
  settings: InstanceSettings
  createdAt: string
}

/**
 * Makes an instance. Its id is unique over all tenants, because a webhook names only the instance.
 *
 * @returns `exists` when the id is taken, by whomever
 */
export async function createInstance(
  db: Queryable,
  instance: { id: string; tenantId: string; name: string; delivery?: InstanceView['delivery'] },
): Promise<{ status: 'created'; instance: InstanceView } | { status: 'exists' }> {
  const row = await db
    .insertInto('instance')
    .values({
      id: instance.id,
      tenant_id: instance.tenantId,
      name: instance.name,
      delivery: instance.delivery ?? 'push',
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returningAll()
    .executeTakeFirst()
  return row ? { status: 'created', instance: toInstanceView(row) } : { status: 'exists' }
}

/** A row of `instance`, as told outside. */
export function toInstanceView(row: Selectable<InstanceTable>): InstanceView {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    name: row.name,
    transport: row.transport,
    delivery: row.delivery,
    status: row.status as ConnectionStatus,
    connected: row.connected,
    phone: row.phone,
    lid: row.lid,
    reason: row.reason,
    settings: { ...readSaid(row.settings), ...readBroker(row.settings) },
    createdAt: row.created_at.toISOString(),
  }
}

/** How its broker treats it, as far as it can be read. */
function readBroker({ broker }: Record<string, unknown>): Pick<InstanceSettings, 'broker'> {
  const { data } = InstanceSettings.shape.broker.safeParse(broker)
  return data === undefined || Object.keys(data).length === 0 ? {} : { broker: data }
}
