import type { Queue } from '@carteiro/queue/queue'
import { sql } from 'kysely'
import type { CommitDependencies, UnitOfWork } from '../events/unit-of-work.ts'
import { actOnDelivery, type DeliveryAct, type DeliveryActResult } from './act-on-delivery.ts'
import { MAY_HAVE_LEFT } from './may-have-left.ts'
import type { ChangedDelivery } from './transition.ts'

interface RetriedRow extends ChangedDelivery {
  may_have_left: boolean
  failure_code: string | null
  failure_message: string | null
}

/**
 * Gives a message that failed another round: FAILED becomes QUEUED at the end of its lane, with fresh attempts; the old
 * ones stay on record. After a definite failure it goes out under a new key, and so as another message to WhatsApp.
 * Where it may have left it keeps its key, so that the phone shows it once. An end that is past ends nothing any more:
 * whoever retries wants it sent.
 */
export async function retryDelivery(
  dependencies: CommitDependencies & { queue: Queue },
  act: DeliveryAct,
): Promise<DeliveryActResult> {
  return actOnDelivery(dependencies, act, {
    action: 'UPDATED',
    change: async (work) => {
      const changed = await requeue(work, act)
      if (!changed) return undefined
      if (!changed.may_have_left) await forgetWhatsAppId(work, act)
      const { failure_code: retriedAfter, failure_message: reason } = changed
      return { changed, details: { retriedAfter, reason } }
    },
  })
}

/** The position is drawn here, under the lane's lock: two of one lane are in the order in which they were retried. */
async function requeue(
  { transaction }: UnitOfWork,
  { tenantId, id }: DeliveryAct,
): Promise<RetriedRow | undefined> {
  const { rows } = await sql<RetriedRow>`
    with failed as (
      select d.tenant_id, d.id, d.error_code, d.error_message, ${MAY_HAVE_LEFT} as may_have_left from delivery d
      where d.tenant_id = ${tenantId} and d.id = ${id} and d.state = 'FAILED'
        and not exists (select from contact c
          where c.tenant_id = d.tenant_id and c.id = d.contact_id and c.erased_at is not null)
      for update
    )
    update delivery d set
      state = 'QUEUED', position = nextval('delivery_position'), generation = d.generation + 1, attempts = 0,
      key_generation = d.key_generation + case when failed.may_have_left then 0 else 1 end,
      provider_message_id = case when failed.may_have_left then d.provider_message_id end,
      expires_at = case when d.expires_at > now() then d.expires_at end,
      next_attempt_at = null, settled_at = null, error_code = null, error_message = null, updated_at = now()
    from failed
    where d.tenant_id = failed.tenant_id and d.id = failed.id and d.state = 'FAILED'
    returning d.*, failed.may_have_left, failed.error_code as failure_code, failed.error_message as failure_message`.execute(
    transaction,
  )
  return rows[0]
}

/** What WhatsApp still tells of the id that failed is not about the message that goes out now. */
async function forgetWhatsAppId({ transaction }: UnitOfWork, { tenantId, id }: DeliveryAct): Promise<void> {
  await sql`update message set provider_message_id = null where tenant_id = ${tenantId} and id = ${id}`.execute(
    transaction,
  )
  await sql`
    delete from message_receipt
    where tenant_id = ${tenantId} and message_id = ${id} and participant = '' and status = 'FAILED'`.execute(
    transaction,
  )
}
