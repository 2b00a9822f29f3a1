import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { InstanceKey } from './gate.ts'
import type { OutboxSettings } from './settings.ts'

/** A lane that may leave, locked. */
export interface ReadyLane {
  lane: string
  known: boolean
}

/**
 * Keeps first contacts within the day's allowance: those beyond it are held until the tenant's next day, or until
 * the recipient writes (`releaseHeard`) or another message enters their lane.
 *
 * @returns the lanes that may leave, and how many of them are first contacts
 */
export async function admitFirstContacts(
  transaction: DatabaseTransaction,
  instance: InstanceKey,
  { pace, timezone }: OutboxSettings,
  { lanes, allowed }: { lanes: ReadyLane[]; allowed: number },
): Promise<{ lanes: string[]; firstContacts: number }> {
  const all = lanes.map(({ lane }) => lane)
  const unknown = lanes.filter(({ known }) => !known).map(({ lane }) => lane)
  if (pace.firstContactsPerDay === 0 || unknown.length === 0) return { lanes: all, firstContacts: 0 }
  const heardOf = await findHeardOf(transaction, instance, unknown)
  const first = unknown.filter((lane) => !heardOf.has(lane))
  const admitted = first.slice(0, allowed)
  const held = new Set(first.slice(allowed))
  await markKnown(transaction, instance, [...heardOf, ...admitted])
  await hold(transaction, instance, [...held], timezone)
  return { lanes: all.filter((lane) => !held.has(lane)), firstContacts: admitted.length }
}

/** Of these lanes, those whose recipient has something of the instance, or wrote to it. */
async function findHeardOf(
  transaction: DatabaseTransaction,
  { tenantId, instanceId }: InstanceKey,
  lanes: string[],
): Promise<Set<string>> {
  const { rows } = await sql<{ lane: string }>`
    select l.lane from unnest(${lanes}::text[]) as l (lane) cross join lateral (
      select d.contact_id from delivery d
      where d.tenant_id = ${tenantId} and d.instance_id = ${instanceId} and d.lane = l.lane
        and d.state in ('QUEUED', 'SENDING') and d.position is not null
      order by d.position limit 1
    ) head
    where exists (
      select from ticket t join message m on m.tenant_id = t.tenant_id and m.ticket_id = t.id
      where t.tenant_id = ${tenantId} and t.contact_id = head.contact_id and t.instance_id = ${instanceId}
        and (m.direction = 'inbound' or m.state in ('SENT', 'DELIVERED', 'READ'))
    )`.execute(transaction)
  return new Set(rows.map(({ lane }) => lane))
}

async function markKnown(
  transaction: DatabaseTransaction,
  { tenantId, instanceId }: InstanceKey,
  lanes: string[],
): Promise<void> {
  if (lanes.length === 0) return
  await sql`
    update lane set known_at = now()
    where tenant_id = ${tenantId} and instance_id = ${instanceId} and lane = any(${lanes}::text[])`.execute(
    transaction,
  )
}

async function hold(
  transaction: DatabaseTransaction,
  { tenantId, instanceId }: InstanceKey,
  lanes: string[],
  timezone: string,
): Promise<void> {
  if (lanes.length === 0) return
  await sql`
    update lane set held = true,
      ready_at = ((now() at time zone ${timezone})::date + 1)::timestamp at time zone ${timezone}
    where tenant_id = ${tenantId} and instance_id = ${instanceId} and lane = any(${lanes}::text[])`.execute(
    transaction,
  )
}
