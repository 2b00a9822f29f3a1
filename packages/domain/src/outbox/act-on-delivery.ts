import type { DeliveryState } from '@carteiro/contracts/delivery'
import { nudgeOutbound } from '@carteiro/queue/enqueue'
import type { Queue } from '@carteiro/queue/queue'
import { recordAudit } from '../audit/record.ts'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { appendTimeline } from '../timeline/append.ts'
import { takePositions } from './enter-scheduled.ts'
import { findLane } from './find-lane.ts'
import { lockLane, readyLanes } from './lane.ts'
import { type ChangedDelivery, tellTransitions } from './transition.ts'

/** Who asks for what to happen to which message. */
export interface DeliveryAct {
  tenantId: string
  id: string
  actor: string
  requestId: string
}

/** `impossible`: the message is in a state that does not allow it, and nothing was changed. */
export type DeliveryActResult =
  | { status: 'done' }
  | { status: 'not_found' }
  | { status: 'impossible'; state: DeliveryState }

export interface DeliveryChange {
  action: 'UPDATED' | 'CANCELLED'
  /** One conditional UPDATE, under the lane's lock; what it gives back is the answer. */
  change(
    work: UnitOfWork,
  ): Promise<{ changed: ChangedDelivery; details: Record<string, unknown> } | undefined>
}

/**
 * Does to a message what a person asked for: the change, its lane's next head, event, timeline, audit and the workers'
 * nudge in one transaction. Whoever claims at the same time holds the lane's lock: one of the two wins.
 */
export async function actOnDelivery(
  dependencies: CommitDependencies & { queue: Queue },
  act: DeliveryAct,
  { action, change }: DeliveryChange,
): Promise<DeliveryActResult> {
  return commit(dependencies, async (work) => {
    const lane = await findLane(work.transaction, act)
    if (!lane) return { status: 'not_found' }
    const { hasDue } = await lockLane(work.transaction, lane)
    if (hasDue) await takePositions(work.transaction, lane, [lane.lane])
    const outcome = await change(work)
    if (!outcome) return refuse(work, act)
    await readyLanes(work.transaction, [lane])
    await tellTransitions(work, [outcome.changed])
    await tellAct(work, act, action, outcome)
    await nudgeOutbound(dependencies.queue, work.transaction, [
      { tenantId: act.tenantId, instanceId: lane.instanceId },
    ])
    return { status: 'done' }
  })
}

async function refuse(
  { transaction }: UnitOfWork,
  { tenantId, id }: DeliveryAct,
): Promise<DeliveryActResult> {
  const row = await transaction
    .selectFrom('delivery')
    .select('state')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? { status: 'impossible', state: row.state as DeliveryState } : { status: 'not_found' }
}

async function tellAct(
  { transaction }: UnitOfWork,
  { tenantId, id, actor, requestId }: DeliveryAct,
  action: DeliveryChange['action'],
  { changed, details }: { changed: ChangedDelivery; details: Record<string, unknown> },
): Promise<void> {
  const { reason, ...facts } = details
  const told = { status: changed.state, ...facts }
  await appendTimeline(transaction, [
    {
      ...{ tenantId, ticketId: changed.ticket_id, messageId: id },
      type: 'MESSAGE_STATUS_UPDATE',
      details: { ...told, ...(reason === undefined ? {} : { reason }) },
    },
  ])
  await recordAudit(transaction, [
    { tenantId, actor, action, entityType: 'delivery', entityId: id, details: told, requestId },
  ])
}
