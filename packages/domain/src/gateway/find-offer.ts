import type { DeliveryState } from '@carteiro/contracts/delivery'
import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { type ClaimColumns, type ClaimedDelivery, toClaimedDelivery } from '../outbox/claim.ts'
import { readSettings } from '../outbox/settings.ts'

/** A report of an adapter: of which message, and whose key. */
export interface OfferKey {
  tenantId: string
  id: string
  keyId: string
}

/** A message as its newest offer left it. */
export interface OfferStanding {
  state: DeliveryState
  /** The claim that its offer stands for, while it lasts. */
  open: ClaimedDelivery | undefined
  /** It was never offered, or only before a person had it tried anew. */
  wasOffered: boolean
  /** The offer is this key's. */
  isMine: boolean
  /** The newest offer was acknowledged. */
  isAcked: boolean
  /** Some offer of it was. */
  wasAcked: boolean
  /** The adapter reported the offer as failed. */
  wasFailed: boolean
}

/**
 * What a transition is refused for: the message is in a state that does not allow it, and nothing was changed.
 */
export type Impossible =
  | 'not_offered'
  | 'not_acked'
  | 'offered_to_another'
  | 'claim_ended'
  | 'settled'
  | 'external_id_taken'

export type OfferResult =
  | { status: 'done'; state: DeliveryState }
  | { status: 'not_found' }
  | { status: 'impossible'; state: DeliveryState; reason: Impossible }

interface Row extends ClaimColumns {
  state: DeliveryState
  due_since: Date
  settings: unknown
  tenant_settings: unknown
  probe: boolean | null
  is_open: boolean
  was_offered: boolean
  is_mine: boolean
  is_acked: boolean
  was_acked: boolean
  was_failed: boolean
}

/** @returns `undefined` where the tenant has no such message */
export async function findOffer(
  db: Queryable,
  { tenantId, id, keyId }: OfferKey,
): Promise<OfferStanding | undefined> {
  const { rows } = await sql<Row>`
    select d.tenant_id, d.id, d.state, d.instance_id, d.lane, d.recipient, d.payload, d.generation, d.key_generation, d.attempts,
      d.max_attempts, d.request_id, greatest(d.created_at, d.scheduled_at) as due_since,
      i.settings, t.settings as tenant_settings, o.probe,
      coalesce(d.state = 'SENDING' and o.generation = d.generation and o.attempt = d.attempts, false) as is_open,
      coalesce(o.key_generation = d.key_generation, false) as was_offered,
      coalesce(o.key_id = ${keyId}, false) as is_mine,
      coalesce(o.acked_seq = o.seq, false) as is_acked, o.acked_seq is not null as was_acked,
      coalesce(a.outcome in ('failed', 'waiting'), false) as was_failed
    from delivery d join tenant t on t.id = d.tenant_id
      join instance i on i.tenant_id = d.tenant_id and i.id = d.instance_id
      left join gateway_offer o on o.tenant_id = d.tenant_id and o.delivery_id = d.id
      left join delivery_attempt a on a.tenant_id = o.tenant_id and a.delivery_id = o.delivery_id
        and a.generation = o.generation and a.number = o.attempt
    where d.tenant_id = ${tenantId} and d.id = ${id}`.execute(db)
  const [row] = rows
  if (!row) return undefined
  return {
    state: row.state,
    open: row.is_open ? toClaim(row) : undefined,
    wasOffered: row.was_offered,
    isMine: row.is_mine,
    isAcked: row.is_acked,
    wasAcked: row.was_acked && row.was_offered,
    wasFailed: row.was_failed,
  }
}

const toClaim = (row: Row): ClaimedDelivery =>
  toClaimedDelivery(row, {
    dueSince: row.due_since,
    retryMinutes: readSettings(row.settings, row.tenant_settings).retryMinutes,
    probe: row.probe ?? false,
  })

/** It is with WhatsApp. */
export const isSent = (state: DeliveryState): boolean => ['SENT', 'DELIVERED', 'READ'].includes(state)
