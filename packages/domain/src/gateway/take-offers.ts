import { sql } from 'kysely'
import type { CommitDependencies, UnitOfWork } from '../events/unit-of-work.ts'
import { type ClaimedDelivery, claim } from '../outbox/claim.ts'
import type { InstanceKey } from '../outbox/gate.ts'
import type { LaneMark } from '../outbox/lane-mark.ts'

/** An adapter has so long to say that it has a message; then it is offered again. */
export const OFFER_SECONDS = 30

/** A message that was given to an adapter, and its number in the stream. */
export interface Offer {
  seq: number
  delivery: ClaimedDelivery
}

export interface OfferRequest extends InstanceKey {
  /** Whose adapter asks. */
  keyId: string
  limit: number
  mark: LaneMark
}

/**
 * Claims for an adapter what may leave of an instance, as a worker claims for a broker: the same lanes, pace, urgency and
 * quiet hours. Each claim gets a number of the tenant's stream; it ends after 30 s unless the adapter acknowledges it.
 */
export async function takeOffers(
  dependencies: CommitDependencies,
  { keyId, ...request }: OfferRequest,
): Promise<Offer[]> {
  let numbers = new Map<string, number>()
  const claimed = await claim(dependencies, {
    ...request,
    handover: 'pull',
    claimSeconds: OFFER_SECONDS,
    onClaimed: async (work, deliveries) => {
      numbers = await recordOffers(work, keyId, deliveries)
    },
  })
  return claimed
    .map((delivery) => ({ seq: numbers.get(delivery.id) ?? 0, delivery }))
    .sort((one, other) => one.seq - other.seq)
}

/** One row a message, of its newest offer. What was acknowledged under the same idempotency key stays known. */
async function recordOffers(
  { transaction }: UnitOfWork,
  keyId: string,
  deliveries: ClaimedDelivery[],
): Promise<Map<string, number>> {
  const rows = deliveries.map((delivery) => ({
    tenant_id: delivery.tenantId,
    delivery_id: delivery.id,
    generation: delivery.generation,
    attempt: delivery.attempt,
    key_generation: delivery.keyGeneration,
    probe: delivery.probe,
  }))
  const { rows: offered } = await sql<{ delivery_id: string; seq: number }>`
    insert into gateway_offer as o (tenant_id, delivery_id, seq, key_id, generation, attempt, key_generation, probe)
    select tenant_id, delivery_id, nextval('gateway_seq'), ${keyId}, generation, attempt, key_generation, probe
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as claimed (
      tenant_id text, delivery_id uuid, generation int, attempt int, key_generation int, probe boolean)
    on conflict (tenant_id, delivery_id) do update set
      seq = excluded.seq, key_id = excluded.key_id, generation = excluded.generation, attempt = excluded.attempt,
      key_generation = excluded.key_generation, probe = excluded.probe, offered_at = now(),
      acked_seq = case when o.key_generation = excluded.key_generation then o.acked_seq end
    returning delivery_id, seq`.execute(transaction)
  return new Map(offered.map((row) => [row.delivery_id, row.seq]))
}
