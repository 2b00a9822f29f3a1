import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { absorbEcho } from './absorb-echo.ts'
import { findLane } from './find-lane.ts'
import { lockLanes, readyLanes } from './lane.ts'
import { type PositiveState, statesBelow, targetOf } from './receipt-rank.ts'
import type { Receipt, ReceiptResult } from './receipts.ts'
import { type ChangedDelivery, tellTransitions } from './transition.ts'

const UNCHANGED: ReceiptResult = { status: 'unchanged', released: false }

interface MovedDelivery extends ChangedDelivery {
  /** How long ago it was SENT, FAILED or whatever it was before. */
  settled_seconds?: number
}

/** Moves a delivery to where its receipt leads, if that is forward, and lets its lane go on when it was at its head. */
export async function moveDelivery(work: UnitOfWork, id: string, receipt: Receipt): Promise<ReceiptResult> {
  const target = targetOf(receipt)
  const before = await findLane(work.transaction, { tenantId: receipt.tenantId, id })
  if (!target || !before) return UNCHANGED
  await lockLanes(work.transaction, [before])
  const changed =
    target === 'FAILED' ? await fail(work, id, receipt) : await moveForward(work, id, receipt, target)
  if (!changed) return UNCHANGED
  // In a statement of its own, after the settlement: it must see the state that it left behind.
  await readyLanes(work.transaction, [before])
  await endAttempt(work, changed)
  await absorbEcho(work, changed)
  await tellTransitions(work, [changed])
  const deliveredAfterSeconds = target === 'DELIVERED' ? changed.settled_seconds : undefined
  return { status: 'moved', released: true, deliveredAfterSeconds }
}

/**
 * Also out of FAILED where nobody knew whether it left: the receipt knows. Not where the channel refused it or an
 * error receipt came: a positive one then is only late.
 */
async function moveForward(
  { transaction }: UnitOfWork,
  id: string,
  { tenantId, providerMessageId }: Receipt,
  target: PositiveState,
): Promise<MovedDelivery | undefined> {
  const { rows } = await sql<MovedDelivery>`
    update delivery d set state = ${target}, provider_message_id = coalesce(provider_message_id, ${providerMessageId}),
      claimed_until = null, next_attempt_at = null, settled_at = coalesce(settled_at, now()),
      error_code = null, error_message = null, updated_at = now()
    where tenant_id = ${tenantId} and id = ${id} and (
      state = any(${statesBelow(target)}::text[])
      or (state = 'FAILED' and (error_code = 'OUTCOME_UNKNOWN' or attempts >= max_attempts)
        and not exists (select from message_receipt r
          where r.tenant_id = d.tenant_id and r.message_id = d.id and r.participant = '' and r.status = 'FAILED')
        and not exists (select from delivery_attempt a
          where a.tenant_id = d.tenant_id and a.delivery_id = d.id and a.generation = d.generation
            and a.number = d.attempts and a.fault = 'message')))
    returning d.*, extract(epoch from now() - settled_at)::float as settled_seconds`.execute(transaction)
  return rows[0]
}

async function fail(
  { transaction }: UnitOfWork,
  id: string,
  { tenantId, providerMessageId, error }: Receipt,
): Promise<MovedDelivery | undefined> {
  const text = error?.details ?? error?.message ?? error?.title ?? 'WhatsApp did not deliver it.'
  const { rows } = await sql<MovedDelivery>`
    update delivery set state = 'FAILED', provider_message_id = coalesce(provider_message_id, ${providerMessageId}),
      claimed_until = null, next_attempt_at = null, settled_at = coalesce(settled_at, now()),
      error_code = ${error?.code ?? 'UNKNOWN_ERROR'}, error_message = ${text}, updated_at = now()
    where tenant_id = ${tenantId} and id = ${id} and state in ('QUEUED', 'SENDING', 'SENT')
    returning *`.execute(transaction)
  return rows[0]
}

/** The attempt under way ends here: its worker will find that its answer is stale. */
async function endAttempt({ transaction }: UnitOfWork, changed: ChangedDelivery): Promise<void> {
  const failed = changed.state === 'FAILED'
  await transaction
    .updateTable('delivery_attempt')
    .set({
      outcome: failed ? 'failed' : 'sent',
      fault: failed ? 'message' : null,
      error_code: changed.error_code,
      error_message: changed.error_message,
      finished_at: sql`now()`,
    })
    .where('tenant_id', '=', changed.tenant_id)
    .where('delivery_id', '=', changed.id)
    .where('outcome', '=', 'sending')
    .execute()
}
