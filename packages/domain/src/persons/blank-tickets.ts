import { sql } from 'kysely'
import { releaseUploads } from './release-uploads.ts'
import { BATCH, idOf, type Step, ticketOf } from './step.ts'

/** What is told of an activity beside its kind: notes, and what channels said. */
export const eraseActivities: Step = async ({ transaction }, run) => {
  const { rows } = await sql<{ ticket_id: string; id: string }>`
    with looked as materialized (
      select e.ticket_id, e.id from timeline_entry e
      where e.tenant_id = ${run.tenant_id} and e.ticket_id in (
          select id from ticket where tenant_id = ${run.tenant_id} and contact_id = ${run.contact_id})
        and (e.ticket_id, e.id) > (${ticketOf(run)}::uuid, ${idOf(run)}::uuid)
      order by e.ticket_id, e.id limit ${BATCH}
    ), blanked as (
      update timeline_entry e set details = '{}' from looked
      where e.tenant_id = ${run.tenant_id} and e.id = looked.id and e.details <> '{}'
    )
    select * from looked order by ticket_id, id`.execute(transaction)
  const last = rows.at(-1)
  if (!last || rows.length < BATCH) return { next: 'step' }
  return { next: 'more', place: { ticket: last.ticket_id, id: last.id } }
}

/** Tickets stay as counts: whose they were is nowhere. Of consents where they were said goes. */
export const eraseTickets: Step = async ({ transaction }, run) => {
  const { tenant_id: tenantId, contact_id: contactId, jids } = run
  const { rows } = await sql<{ id: string }>`
    update ticket set known_fields = '{}', preview = null, unread_count = 0, updated_at = now(),
      metadata = case when metadata ? 'mergedInto'
        then jsonb_build_object('mergedInto', metadata -> 'mergedInto') else '{}' end
    where tenant_id = ${tenantId} and id in (
      select id from ticket where tenant_id = ${tenantId} and contact_id = ${contactId} and id > ${idOf(run)}::uuid
      order by id limit ${BATCH})
    returning id`.execute(transaction)
  const ids = rows.map(({ id }) => id).sort()
  await sql`delete from flow_state where tenant_id = ${tenantId} and ticket_id = any(${ids}::uuid[])`.execute(
    transaction,
  )
  await sql`delete from notification where tenant_id = ${tenantId} and ticket_id = any(${ids}::uuid[])`.execute(
    transaction,
  )
  const last = ids.at(-1)
  if (last && ids.length === BATCH) return { next: 'more', place: { id: last } }
  await sql`
    update consent set source = 'erased' where tenant_id = ${tenantId} and contact_id = ${contactId}`.execute(
    transaction,
  )
  await releaseUploads(
    transaction,
    run,
    sql`(u.contact_id = ${contactId} or u.ticket_id in (
      select id from ticket where tenant_id = ${tenantId} and contact_id = ${contactId}))`,
  )
  // Where a new contact of this address is written to, its lane is in use.
  await sql`
    delete from lane l where tenant_id = ${tenantId} and lane = any(${jids}::text[])
      and instance_id in (select id from instance where tenant_id = ${tenantId})
      and ready_at is null and claimed_until is null and not exists (
        select from delivery d where d.tenant_id = l.tenant_id and d.instance_id = l.instance_id and d.lane = l.lane
          and d.state in ('QUEUED', 'SENDING'))`.execute(transaction)
  return { next: 'step' }
}
