import type { Queue } from '@carteiro/queue/queue'
import { sql } from 'kysely'
import type { CommitDependencies, UnitOfWork } from '../events/unit-of-work.ts'
import { actOnDelivery, type DeliveryAct, type DeliveryActResult } from './act-on-delivery.ts'
import { MAY_HAVE_LEFT } from './may-have-left.ts'
import type { ChangedDelivery } from './transition.ts'

/**
 * Takes a message back that waits: QUEUED becomes CANCELLED, for good. One that is on its way, or whose last attempt may
 * have left, is not stopped: nobody could say of it that it was not sent.
 */
export async function cancelDelivery(
  dependencies: CommitDependencies & { queue: Queue },
  act: DeliveryAct,
): Promise<DeliveryActResult> {
  return actOnDelivery(dependencies, act, {
    action: 'CANCELLED',
    change: async (work) => {
      const changed = await cancel(work, act)
      return changed && { changed, details: {} }
    },
  })
}

async function cancel(
  { transaction }: UnitOfWork,
  { tenantId, id }: DeliveryAct,
): Promise<ChangedDelivery | undefined> {
  const { rows } = await sql<ChangedDelivery>`
    update delivery d set state = 'CANCELLED', settled_at = now(), next_attempt_at = null, updated_at = now()
    where tenant_id = ${tenantId} and id = ${id} and state = 'QUEUED' and not ${MAY_HAVE_LEFT}
    returning d.*`.execute(transaction)
  return rows[0]
}
