import type { TicketTable } from '@carteiro/database/tables'
import { type Selectable, sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { joinConversations } from '../flow/join-conversations.ts'
import { mergeReadMarks } from '../presence/merge-read-marks.ts'
import { tellTicketUpdated } from '../tickets/tell-ticket.ts'
import { appendTimeline } from '../timeline/append.ts'

interface OpenTicket {
  id: string
  instance_id: string
  status: 'open' | 'pending'
}

/** Contacts by id: the one that stays, and the one that goes into it. */
interface Join {
  kept: string
  gone: string
}

/**
 * Joins two contacts that turned out to be one person. The older one stays, with what either knew; tickets and
 * messages of both are kept, and of two open tickets on one instance the older goes on. Rows are locked in key
 * order; lanes are left alone, as they belong to addresses.
 *
 * @returns the id of the contact that stays; `undefined` when one of them went meanwhile
 */
export async function mergeContacts(
  work: UnitOfWork,
  tenantId: string,
  ids: [string, string],
): Promise<string | undefined> {
  const [kept, gone] = await lockContacts(work, tenantId, ids)
  if (kept === undefined || gone === undefined) return undefined
  await mergeOpenTickets(work, tenantId, { kept, gone })
  await repointTickets(work, tenantId, { kept, gone })
  await repointConsents(work, tenantId, { kept, gone })
  await repointUploads(work, tenantId, { kept, gone })
  await repeatErasure(work, tenantId, { kept, gone })
  await takeOver(work, tenantId, { kept, gone })
  work.record({
    tenantId,
    type: 'contact.merged',
    contactId: kept,
    payload: { contactId: kept, mergedContactId: gone },
  })
  return kept
}

async function lockContacts(
  { transaction }: UnitOfWork,
  tenantId: string,
  ids: [string, string],
): Promise<string[]> {
  const { rows } = await sql<{ id: string; created_at: Date }>`
    select id, created_at from contact where tenant_id = ${tenantId} and id = any(${ids}::uuid[]) and erased_at is null
    order by id for update`.execute(transaction)
  return rows.toSorted((a, b) => a.created_at.getTime() - b.created_at.getTime()).map(({ id }) => id)
}

async function mergeOpenTickets(work: UnitOfWork, tenantId: string, { kept, gone }: Join): Promise<void> {
  const { rows } = await sql<OpenTicket & { created_at: Date }>`
    select id, instance_id, status, created_at from ticket
    where tenant_id = ${tenantId} and contact_id = any(${[kept, gone]}::uuid[]) and status <> 'closed'
    order by id for update`.execute(work.transaction)
  const oldestFirst = rows.toSorted((a, b) => a.created_at.getTime() - b.created_at.getTime())
  for (const [older, younger] of Map.groupBy(oldestFirst, (ticket) => ticket.instance_id).values()) {
    if (!older || !younger) continue
    await mergeTickets(work, tenantId, older, younger)
    await sql`
      update upload set ticket_id = ${older.id} where tenant_id = ${tenantId} and ticket_id = ${younger.id}
        and contact_id = any(${[kept, gone]}::uuid[])`.execute(work.transaction)
    await tellMerged(work, tenantId, kept, { older, younger })
  }
}

async function mergeTickets(
  { transaction }: UnitOfWork,
  tenantId: string,
  older: OpenTicket,
  younger: OpenTicket,
): Promise<void> {
  const tickets = { keptTicketId: older.id, goneTicketId: younger.id }
  await mergeReadMarks(transaction, tenantId, tickets)
  await sql`
    with moved as (
      update message set ticket_id = ${older.id} where tenant_id = ${tenantId} and ticket_id = ${younger.id}
      returning id
    ), sends as (
      update delivery d set ticket_id = ${older.id} from moved
      where d.tenant_id = ${tenantId} and d.id = moved.id
    )
    update timeline_entry set ticket_id = ${older.id}
    where tenant_id = ${tenantId} and ticket_id = ${younger.id}`.execute(transaction)
  await sql`
    update ticket o set
      unread_count = o.unread_count + y.unread_count,
      preview = case when (coalesce(y.last_message_at, '-infinity'), y.updated_at)
        > (coalesce(o.last_message_at, '-infinity'), o.updated_at) then y.preview else o.preview end,
      last_message_at = greatest(o.last_message_at, y.last_message_at),
      first_inbound_at = least(o.first_inbound_at, y.first_inbound_at),
      last_inbound_at = greatest(o.last_inbound_at, y.last_inbound_at),
      first_outbound_at = least(o.first_outbound_at, y.first_outbound_at),
      last_outbound_at = greatest(o.last_outbound_at, y.last_outbound_at),
      known_fields = y.known_fields || o.known_fields,
      assignee_id = coalesce(o.assignee_id, y.assignee_id),
      updated_at = now()
    from ticket y
    where o.tenant_id = ${tenantId} and o.id = ${older.id} and y.tenant_id = ${tenantId} and y.id = ${younger.id}
  `.execute(transaction)
  await sql`
    update ticket set status = 'closed', closed_at = now(), updated_at = now(), unread_count = 0, preview = null,
      metadata = metadata || jsonb_build_object('mergedInto', ${older.id}::text)
    where tenant_id = ${tenantId} and id = ${younger.id}`.execute(transaction)
  await joinConversations(transaction, tenantId, tickets)
  await appendTimeline(transaction, [
    { tenantId, ticketId: older.id, type: 'TICKET_MERGED', details: { mergedTicketId: younger.id } },
  ])
}

/** Of both: where the messages went, and what came of the one that they went to. */
async function tellMerged(
  work: UnitOfWork,
  tenantId: string,
  contactId: string,
  { older, younger }: { older: OpenTicket; younger: OpenTicket },
): Promise<void> {
  const { rows } = await sql<Selectable<TicketTable>>`
    select * from ticket where tenant_id = ${tenantId} and id = any(${[older.id, younger.id]}::uuid[])`.execute(
    work.transaction,
  )
  const byId = new Map(rows.map((row) => [row.id, { ...row, contact_id: contactId }]))
  const [gone, stays] = [byId.get(younger.id), byId.get(older.id)]
  if (!gone || !stays) throw new Error('a locked ticket is not there')
  tellTicketUpdated(work, gone, older.id)
  tellTicketUpdated(work, stays)
}

/** Messages are reached by their tickets and deliveries by their messages (one id): neither is indexed by contact. */
async function repointTickets({ transaction }: UnitOfWork, tenantId: string, join: Join): Promise<void> {
  const ofEither = sql`contact_id = any(${[join.kept, join.gone]}::uuid[])`
  await sql`
    with own as (
      select id from ticket where tenant_id = ${tenantId} and ${ofEither}
    ), moved as (
      update message m set contact_id = ${join.kept} from own
      where m.tenant_id = ${tenantId} and m.ticket_id = own.id and m.contact_id = ${join.gone}
      returning m.id
    ), reactions as (
      update message_reaction r set reactor = ${join.kept}::text from moved
      where r.tenant_id = ${tenantId} and r.message_id = moved.id and r.reactor = ${join.gone}::text
    )
    update delivery d set contact_id = ${join.kept} from moved
    where d.tenant_id = ${tenantId} and d.id = moved.id`.execute(transaction)
  await sql`
    update ticket set contact_id = ${join.kept}, updated_at = now()
    where tenant_id = ${tenantId} and contact_id = ${join.gone}`.execute(transaction)
}

/** What either said was said by one person: of both histories the newest word rules. */
async function repointConsents({ transaction }: UnitOfWork, tenantId: string, join: Join): Promise<void> {
  await sql`
    update consent set contact_id = ${join.kept}
    where tenant_id = ${tenantId} and contact_id = ${join.gone}`.execute(transaction)
}

async function repointUploads({ transaction }: UnitOfWork, tenantId: string, join: Join): Promise<void> {
  await sql`
    update upload set contact_id = ${join.kept}
    where tenant_id = ${tenantId} and contact_id = ${join.gone}`.execute(transaction)
}

/**
 * Whoever asked for either one's erasure meant the person. The row of the one that goes is not locked, as whoever begins
 * an erasure holds it while it waits for the contact: the worker drops it.
 */
async function repeatErasure({ transaction }: UnitOfWork, tenantId: string, join: Join): Promise<void> {
  await sql`
    insert into contact_erasure (tenant_id, contact_id, requested_at)
    select tenant_id, ${join.kept}::uuid, requested_at from contact_erasure
    where tenant_id = ${tenantId} and contact_id = ${join.gone}
    on conflict do nothing`.execute(transaction)
}

/** What people wrote of either stays; of names that were told, one that is a name before one that was a push name. */
async function takeOver({ transaction }: UnitOfWork, tenantId: string, { kept, gone }: Join): Promise<void> {
  const deleted = await transaction
    .deleteFrom('contact')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', gone)
    .returningAll()
    .executeTakeFirstOrThrow()
  await sql`
    update contact set
      phone = coalesce(phone, ${deleted.phone}), lid = coalesce(lid, ${deleted.lid}),
      given_name = coalesce(given_name, ${deleted.given_name}),
      given_document = coalesce(given_document, ${deleted.given_document}),
      given_registrations = coalesce(given_registrations, ${deleted.given_registrations}::text[]),
      told_name = case when not named and ${deleted.named} then ${deleted.told_name}
        else coalesce(told_name, ${deleted.told_name}) end,
      named = named or ${deleted.named},
      push_name = coalesce(push_name, ${deleted.push_name}), told_document = coalesce(told_document, ${deleted.told_document}),
      told_registrations = case when told_registrations = '{}' then ${deleted.told_registrations}::text[]
        else told_registrations end,
      avatar_url = coalesce(avatar_url, ${deleted.avatar_url}),
      attributes = ${JSON.stringify(deleted.attributes)}::jsonb || attributes,
      version = greatest(version, ${deleted.version}) + 1, updated_at = now()
    where tenant_id = ${tenantId} and id = ${kept}`.execute(transaction)
}
