import { sql } from 'kysely'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { findLane } from '../outbox/find-lane.ts'
import { lockLanes } from '../outbox/lane.ts'
import {
  findOffer,
  type Impossible,
  isSent,
  type OfferKey,
  type OfferResult,
  type OfferStanding,
} from './find-offer.ts'

/**
 * The adapter has the message, and answers for it from here on: its claim lasts for `claimSeconds` more. Repeated, it
 * makes it last longer; after the message was sent it changes nothing.
 */
export async function ackOffer(
  dependencies: CommitDependencies,
  { claimSeconds, ...key }: OfferKey & { claimSeconds: number },
): Promise<OfferResult> {
  return commit(dependencies, async (work) => {
    const lane = await findLane(work.transaction, key)
    if (!lane) return { status: 'not_found' }
    // Whoever ends claims holds the lane, too.
    await lockLanes(work.transaction, [lane])
    const offer = await findOffer(work.transaction, key)
    if (!offer) return { status: 'not_found' }
    const { state } = offer
    if (isSent(state)) return { status: 'done', state }
    const reason = refusalOf(offer)
    if (reason) return { status: 'impossible', state, reason }
    await keep(work, key, claimSeconds)
    return { status: 'done', state }
  })
}

function refusalOf({ state, open, wasOffered, isMine }: OfferStanding): Impossible | undefined {
  if (!wasOffered) return 'not_offered'
  if (open) return isMine ? undefined : 'offered_to_another'
  return state === 'QUEUED' || state === 'SENDING' ? 'claim_ended' : 'settled'
}

async function keep({ transaction }: UnitOfWork, { tenantId, id }: OfferKey, claimSeconds: number) {
  await sql`
    with acked as (
      update gateway_offer set acked_seq = seq where tenant_id = ${tenantId} and delivery_id = ${id}
    )
    update delivery set updated_at = now(),
      claimed_until = greatest(claimed_until, now() + make_interval(secs => ${claimSeconds}))
    where tenant_id = ${tenantId} and id = ${id} and state = 'SENDING'`.execute(transaction)
}
