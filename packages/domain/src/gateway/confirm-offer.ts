import { commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { applyReceipt } from '../outbox/receipts.ts'
import { settle } from '../outbox/settle.ts'
import { findOffer, isSent, type OfferKey, type OfferResult, type OfferStanding } from './find-offer.ts'

type Dependencies = Parameters<typeof settle>[0]

/** What the adapter tells of a message that it sent. */
export interface Confirmation extends OfferKey {
  /** WhatsApp's id. */
  externalId: string
  at: Date
}

/**
 * The message is with WhatsApp: SENT. Of a message that was acknowledged this is news that no end of a claim makes
 * untrue, so it holds, as a receipt would, also where the message was queued or offered again meanwhile. Repeated, it
 * changes nothing.
 */
export async function confirmOffer(
  dependencies: Dependencies,
  confirmation: Confirmation,
): Promise<OfferResult> {
  const offer = await findOffer(dependencies.db, confirmation)
  if (!offer) return { status: 'not_found' }
  const { state } = offer
  if (isSent(state)) return { status: 'done', state }
  if (!offer.wasAcked) return { status: 'impossible', state, reason: reasonOf(offer) }
  if (offer.open) {
    const { externalId, at } = confirmation
    const result = await settle(dependencies, offer.open, {
      status: 'sent',
      providerMessageId: externalId,
      response: { externalId, timestamp: at.toISOString() },
    })
    if (result.status === 'SENT') return { status: 'done', state: 'SENT' }
  }
  return commit(dependencies, (work) => moveLate(work, confirmation))
}

const reasonOf = ({ state, wasOffered, open }: OfferStanding) => {
  if (!wasOffered) return 'not_offered'
  if (open) return 'not_acked'
  return state === 'QUEUED' || state === 'SENDING' ? 'claim_ended' : 'settled'
}

/** After its claim ended. */
async function moveLate(work: UnitOfWork, confirmation: Confirmation): Promise<OfferResult> {
  const { tenantId, id, externalId, at } = confirmation
  const instanceId = await instanceOf(work, confirmation)
  if (instanceId === undefined) return { status: 'not_found' }
  const target = { deliveryId: id }
  await applyReceipt(work, target, {
    ...{ tenantId, instanceId, providerMessageId: externalId, occurredAt: at },
    ...{ status: 'SENT', participant: '', error: null, details: {} },
  })
  const offer = await findOffer(work.transaction, confirmation)
  if (!offer) return { status: 'not_found' }
  const { state } = offer
  return isSent(state) ? { status: 'done', state } : { status: 'impossible', state, reason: 'settled' }
}

async function instanceOf({ transaction }: UnitOfWork, { tenantId, id }: OfferKey) {
  const row = await transaction
    .selectFrom('delivery')
    .select('instance_id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.instance_id
}
