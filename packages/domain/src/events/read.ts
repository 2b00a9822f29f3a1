import type { EventType } from '@carteiro/contracts/event'
import type { Queryable } from '@carteiro/database/connect'

export interface StoredEvent {
  tenantId: string
  seq: number
  type: EventType
  ticketId: string | null
  contactId: string | null
  instanceId: string | null
  payload: Record<string, unknown>
  occurredAt: Date
}

/** The tenant's events after a number, in order, `limit` at most. */
export async function readEvents(
  db: Queryable,
  { tenantId, after, limit }: { tenantId: string; after: number; limit: number },
): Promise<StoredEvent[]> {
  const rows = await db
    .selectFrom('event')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    seq: row.seq,
    type: row.type as EventType,
    ticketId: row.ticket_id,
    contactId: row.contact_id,
    instanceId: row.instance_id,
    payload: row.payload,
    occurredAt: row.occurred_at,
  }))
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
