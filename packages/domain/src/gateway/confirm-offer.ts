import { commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { applyEarlyReceipts } from '../outbox/early-receipts.ts'
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
  if (await isTaken(dependencies, confirmation))
    return { status: 'impossible', state, reason: 'external_id_taken' }
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

/** WhatsApp gives an id once: another message of ours that has it is one that the adapter mistook for this. */
async function isTaken({ db }: Dependencies, { tenantId, id, externalId }: Confirmation): Promise<boolean> {
  const row = await db
    .selectFrom('message')
    .innerJoin('delivery as own', (join) =>
      join.onRef('own.tenant_id', '=', 'message.tenant_id').on('own.id', '=', id),
    )
    .innerJoin('delivery as other', (join) =>
      join.onRef('other.tenant_id', '=', 'message.tenant_id').onRef('other.id', '=', 'message.id'),
    )
    .select('message.id')
    .where('message.tenant_id', '=', tenantId)
    .whereRef('message.instance_id', '=', 'own.instance_id')
    .where('message.direction', '=', 'outbound')
    .where('message.provider_message_id', '=', externalId)
    .where('message.id', '<>', id)
    .executeTakeFirst()
  return row !== undefined
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
  // What came of it before its id was known.
  await applyEarlyReceipts(work, { tenantId, instanceId, providerMessageId: externalId })
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
