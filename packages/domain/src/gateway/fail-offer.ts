import { type AttemptFailed, settle } from '../outbox/settle.ts'
import {
  findOffer,
  type Impossible,
  isSent,
  type OfferKey,
  type OfferResult,
  type OfferStanding,
} from './find-offer.ts'

type Dependencies = Parameters<typeof settle>[0]

/**
 * The adapter could not send the message: it is tried again later, or has FAILED, as after any attempt. Repeated, it
 * changes nothing.
 */
export async function failOffer(
  dependencies: Dependencies,
  { failure, ...key }: OfferKey & { failure: AttemptFailed },
): Promise<OfferResult> {
  const offer = await findOffer(dependencies.db, key)
  if (!offer) return { status: 'not_found' }
  const { state, open, isMine, isAcked, wasFailed } = offer
  if (!open && isMine && isAcked && wasFailed && !isSent(state)) return { status: 'done', state }
  const reason = refusalOf(offer)
  if (reason || !open) return { status: 'impossible', state, reason: reason ?? 'claim_ended' }
  const result = await settle(dependencies, open, failure)
  // Its claim ended, or it was confirmed, just now.
  if (result.status === 'stale') return { status: 'impossible', state, reason: 'claim_ended' }
  return { status: 'done', state: result.status }
}

function refusalOf({ state, open, wasOffered, isMine, isAcked }: OfferStanding): Impossible | undefined {
  if (!wasOffered) return 'not_offered'
  if (!open) return state === 'QUEUED' || state === 'SENDING' ? 'claim_ended' : 'settled'
  if (!isMine) return 'offered_to_another'
  return isAcked ? undefined : 'not_acked'
}
