import type { Queue } from '@carteiro/queue/queue'
import { sql } from 'kysely'
import type { CommitDependencies, UnitOfWork } from '../events/unit-of-work.ts'
import { actOnDelivery, type DeliveryAct } from '../outbox/act-on-delivery.ts'
import { MAY_HAVE_LEFT } from '../outbox/may-have-left.ts'
import type { ChangedDelivery } from '../outbox/transition.ts'
import type { PersonKey } from './person.ts'
import { BATCH, type Step } from './step.ts'

/** What is still to be sent to a contact. */
const openSends = ({ tenantId, contactId }: PersonKey, states: string[]) => sql<{ id: string }>`
  select m.id from ticket k join message m on m.tenant_id = k.tenant_id and m.ticket_id = k.id
    join delivery d on d.tenant_id = m.tenant_id and d.id = m.id
  where k.tenant_id = ${tenantId} and k.contact_id = ${contactId} and m.direction = 'outbound'
    and d.state = any(${states}::text[])
  order by m.number limit ${BATCH}`

/** Takes back what waits to be sent to a contact, each in a transaction of its own, as lanes are locked one by one. */
export async function stopSends(
  dependencies: CommitDependencies & { queue: Queue },
  person: PersonKey,
): Promise<void> {
  const { rows } = await openSends(person, ['QUEUED']).execute(dependencies.db)
  for (const { id } of rows) {
    const act = { tenantId: person.tenantId, id, actor: 'worker', requestId: 'erasure' }
    const change = async (work: UnitOfWork) => {
      const changed = await stop(work, act)
      return changed && { changed, details: {} }
    }
    await actOnDelivery(dependencies, act, { action: 'CANCELLED', change })
  }
}

/** Of one that may have left nobody can say that it was not sent; it is not sent again. */
async function stop({ transaction }: UnitOfWork, { tenantId, id }: DeliveryAct) {
  const { rows } = await sql<ChangedDelivery>`
    update delivery d set
      state = case when ${MAY_HAVE_LEFT} then 'FAILED' else 'CANCELLED' end,
      error_code = case when ${MAY_HAVE_LEFT} then 'OUTCOME_UNKNOWN' end, error_message = null,
      settled_at = now(), next_attempt_at = null, updated_at = now()
    where tenant_id = ${tenantId} and id = ${id} and state = 'QUEUED'
    returning d.*`.execute(transaction)
  return rows[0]
}

/** What is on its way ends as it ends: its outcome is waited for. */
export const awaitSends: Step = async ({ transaction }, run) => {
  const person = { tenantId: run.tenant_id, contactId: run.contact_id }
  const queued = await openSends(person, ['QUEUED']).execute(transaction)
  if (queued.rows.length > 0) return { next: 'more' }
  const sending = await openSends(person, ['SENDING']).execute(transaction)
  return sending.rows.length > 0 ? { next: 'wait', waitingFor: 'sends under way' } : { next: 'step' }
}
