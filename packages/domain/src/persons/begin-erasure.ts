import type { TicketTable } from '@carteiro/database/tables'
import { holdShards } from '@carteiro/queue/fetch-shard'
import { inboundQueue } from '@carteiro/queue/jobs'
import { shardOf } from '@carteiro/queue/shard'
import { QUEUE_SCHEMA } from '@carteiro/queue/wake-channel'
import { type Selectable, sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { tellTicketUpdated } from '../tickets/tell-ticket.ts'
import { appendTimeline } from '../timeline/append.ts'
import { mentions } from './mentions.ts'
import { findPerson, type Person } from './person.ts'
import type { ErasureRun, Step } from './step.ts'

/**
 * The contact becomes nobody: its addresses are free, its open tickets closed, and what of it waits to be stored is
 * dropped. What the API takes from here on is a new contact's. The shards are held, so that nothing is half-way.
 */
export const beginErasure: Step = async (work, run) => {
  const { tenant_id: tenantId, contact_id: contactId } = run
  const before = await findPerson(work.transaction, { tenantId, contactId })
  if (!before) return { next: 'gone' }
  const shards = [...new Set(before.jids.map((jid) => shardOf(tenantId, jid)))]
  await holdShards(work.transaction, shards)
  await lock(work, run)
  // An address that it was given meanwhile belongs to it.
  const person = await findPerson(work.transaction, { tenantId, contactId })
  if (!person) return { next: 'gone' }
  await dropWaiting(work, person, shards)
  await sql`
    delete from flow_turn f using ticket k join message m on m.tenant_id = k.tenant_id and m.ticket_id = k.id
    where k.tenant_id = ${tenantId} and k.contact_id = ${contactId}
      and f.tenant_id = m.tenant_id and f.message_id = m.id`.execute(work.transaction)
  await closeTickets(work, run)
  await sql`
    update contact set phone = null, lid = null, jid = null, told_name = null, told_document = null,
      told_registrations = '{}', given_name = null, given_document = null, given_registrations = null,
      push_name = null, avatar_url = null, attributes = '{}', erased_at = now(), updated_at = now(),
      version = version + 1
    where tenant_id = ${tenantId} and id = ${contactId}`.execute(work.transaction)
  await sql`
    update contact_erasure set jids = ${person.jids}::text[], started_at = clock_timestamp()
    where tenant_id = ${tenantId} and contact_id = ${contactId}`.execute(work.transaction)
  work.record({ tenantId, type: 'contact.erased', contactId, payload: { contactId } })
  return { next: 'step' }
}

/** Whoever stores something for this contact is through, and the next one finds that it is nobody. */
const lock = ({ transaction }: UnitOfWork, run: ErasureRun) =>
  transaction
    .selectFrom('contact')
    .select('id')
    .where('tenant_id', '=', run.tenant_id)
    .where('id', '=', run.contact_id)
    .forUpdate()
    .execute()

/** Of jobs that hold other chats' events as well, only the person's go. */
async function dropWaiting({ transaction }: UnitOfWork, person: Person, shards: number[]): Promise<void> {
  const isPersons = sql`(e ->> 'tenantId' = ${person.tenantId} and (
    e ->> 'chatKey' = any(${person.jids}::text[]) or e ->> 'participantJid' = any(${person.jids}::text[])
    or (e ->> 'kind' = 'contact' and ${mentions(person, sql`e::text`)})))`
  await sql`
    update ${sql.table(`${QUEUE_SCHEMA}.job`)} set data = jsonb_set(data, '{envelopes}', (
      select coalesce(jsonb_agg(e order by place), '[]')
      from jsonb_array_elements(data -> 'envelopes') with ordinality as own (e, place) where not ${isPersons}))
    where name = any(${shards.map(inboundQueue)}::text[]) and state < 'completed' and ${mentions(person, sql`data::text`)}`.execute(
    transaction,
  )
}

async function closeTickets(work: UnitOfWork, run: ErasureRun): Promise<void> {
  const { tenant_id: tenantId, contact_id: contactId } = run
  const { rows } = await sql<Selectable<TicketTable>>`
    update ticket set status = 'closed', closed_at = now(), updated_at = now(), unread_count = 0, preview = null,
      version = version + 1
    where tenant_id = ${tenantId} and contact_id = ${contactId} and status <> 'closed' returning *`.execute(
    work.transaction,
  )
  await sql`
    delete from read_mark where tenant_id = ${tenantId} and ticket_id in (
      select id from ticket where tenant_id = ${tenantId} and contact_id = ${contactId})`.execute(
    work.transaction,
  )
  await appendTimeline(
    work.transaction,
    rows.map(({ id }) => ({ tenantId, ticketId: id, type: 'TICKET_CLOSED' as const })),
  )
  for (const ticket of rows) tellTicketUpdated(work, ticket)
}
