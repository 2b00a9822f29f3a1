import { Intent } from '@carteiro/contracts/intent'
import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { ClaimedDelivery } from '../outbox/claim.ts'

/** A message as an adapter is given it. */
export type Offered = Pick<
  ClaimedDelivery,
  'tenantId' | 'id' | 'instanceId' | 'recipient' | 'intent' | 'keyGeneration' | 'attempt'
> & { seq: number }

export interface UnconfirmedRequest {
  tenantId: string
  keyId: string
  instanceIds: string[]
  /** The last number that the adapter has. */
  after: number
  limit: number
}

interface OfferedRow {
  seq: number
  id: string
  instance_id: string
  recipient: string
  payload: unknown
  key_generation: number
  attempts: number
}

/** What an adapter was offered after a number and did not settle yet, oldest first: its claims last. */
export async function readUnconfirmed(
  db: Queryable,
  { tenantId, keyId, instanceIds, after, limit }: UnconfirmedRequest,
): Promise<Offered[]> {
  const { rows } = await sql<OfferedRow>`
    select o.seq, d.id, d.instance_id, d.recipient, d.payload, d.key_generation, d.attempts
    from delivery d join gateway_offer o
      on o.tenant_id = d.tenant_id and o.delivery_id = d.id and o.generation = d.generation and o.attempt = d.attempts
    where d.tenant_id = ${tenantId} and d.instance_id = any(${instanceIds}::text[]) and d.state = 'SENDING'
      and o.key_id = ${keyId} and o.seq > ${after}
    order by o.seq limit ${limit}`.execute(db)
  return rows.map((row) => ({
    seq: row.seq,
    tenantId,
    id: row.id,
    instanceId: row.instance_id,
    recipient: row.recipient,
    intent: Intent.parse(row.payload),
    keyGeneration: row.key_generation,
    attempt: row.attempts,
  }))
}
