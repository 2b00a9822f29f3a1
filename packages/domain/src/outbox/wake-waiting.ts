import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { closeCircuit } from './circuit.ts'
import type { InstanceKey } from './gate.ts'
import { lockLanes, readyLanes } from './lane.ts'
import { markBack } from './pace.ts'

/**
 * The instance is connected (again): what waited only for that may leave now, and an open circuit closes. Messages in
 * backoff after a failure of their own keep their time.
 */
export async function wakeWaiting(work: UnitOfWork, instance: InstanceKey): Promise<void> {
  await wakeLanes(work, instance)
  await markBack(work.transaction, instance)
  await closeCircuit(work, instance, 'always')
}

async function wakeLanes({ transaction }: UnitOfWork, { tenantId, instanceId }: InstanceKey): Promise<void> {
  const { rows } = await sql<{ lane: string }>`
    select d.lane from delivery d join delivery_attempt a
      on a.tenant_id = d.tenant_id and a.delivery_id = d.id and a.generation = d.generation
        and a.number = d.attempts + 1 and a.outcome = 'waiting'
    where d.tenant_id = ${tenantId} and d.instance_id = ${instanceId} and d.state = 'QUEUED'
      and d.next_attempt_at > now()`.execute(transaction)
  if (rows.length === 0) return
  const lanes = rows.map(({ lane }) => ({ tenantId, instanceId, lane }))
  await lockLanes(transaction, lanes)
  await sql`
    update delivery set next_attempt_at = null, updated_at = now()
    where tenant_id = ${tenantId} and instance_id = ${instanceId} and state = 'QUEUED'
      and lane = any(${rows.map((row) => row.lane)}::text[])`.execute(transaction)
  await readyLanes(transaction, lanes)
}
