import type { EventType } from '@carteiro/contracts/event'
import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'

export interface StoredEvent {
  tenantId: string
  seq: number
  type: EventType
  ticketId: string | null
  contactId: string | null
  instanceId: string | null
  userId: string | null
  payload: Record<string, unknown>
  occurredAt: Date
}

export interface EventPage {
  tenantId: string
  after: number
  limit: number
  /** When the event before was stored, if that is known: older days are then not looked at. */
  since?: Date | undefined
}

/** A day more than days can differ between clocks: numbers and days rise together, but for a clock that is set back. */
const DAY_MS = 86_400_000

/** The tenant's events after a number, in order, `limit` at most. */
export async function readEvents(
  db: Queryable,
  { tenantId, after, limit, since }: EventPage,
): Promise<StoredEvent[]> {
  let query = db
    .selectFrom('event')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
  if (since) query = query.where('day', '>=', new Date(since.getTime() - DAY_MS).toISOString().slice(0, 10))
  const rows = await query.execute()
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    seq: row.seq,
    type: row.type as EventType,
    ticketId: row.ticket_id,
    contactId: row.contact_id,
    instanceId: row.instance_id,
    userId: row.user_id,
    payload: row.payload,
    occurredAt: row.occurred_at,
  }))
}

/** Those of these tenants whose log has gone on beyond the number beside them. */
export async function findGrown(db: Queryable, positions: Map<string, number>): Promise<string[]> {
  if (positions.size === 0) return []
  const { rows } = await sql<{ tenant_id: string }>`
    select c.tenant_id from event_counter c
    join unnest(${[...positions.keys()]}::text[], ${[...positions.values()]}::bigint[]) as known (tenant_id, seq)
      using (tenant_id)
    where c.last_seq > known.seq`.execute(db)
  return rows.map((row) => row.tenant_id)
}

/** The number of the tenant's newest event; 0 when there is none. */
export async function readLastSeq(db: Queryable, tenantId: string): Promise<number> {
  const row = await db
    .selectFrom('event_counter')
    .select('last_seq')
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  return row?.last_seq ?? 0
}
