import type { Database } from '@carteiro/database/connect'
import { INBOUND_DEAD_QUEUE, INBOUND_QUEUES } from '@carteiro/queue/jobs'
import { QUEUE_SCHEMA } from '@carteiro/queue/wake-channel'
import { sql } from 'kysely'
import { ELSEWHERE } from './elsewhere.ts'
import { mentions } from './mentions.ts'
import { filePage, messagePage } from './message-rows.ts'
import { BEFORE_IDS, BEFORE_NUMBERS, type KeyedRow, PAGE, readPages, rowOf } from './pages.ts'
import type { Person } from './person.ts'

type Rows = AsyncIterable<Record<string, unknown>>

/**
 * All that is held of a contact, as the text of one JSON object, in pieces: whoever writes it out holds a page of rows
 * at a time. Members are named as the tables name them. It is read page by page, not at one moment: what is stored or
 * changed meanwhile may or may not be in it. Its last member is `complete`, so that a text that was broken off is
 * known.
 */
export async function* exportPerson(db: Database, person: Person): AsyncGenerator<string> {
  const { tenantId, contactId } = person
  const own = sql`tenant_id = ${tenantId} and contact_id = ${contactId}`
  const contact = await sql<KeyedRow>`
    select id::text as key, ${rowOf('c')} as row from contact c
    where tenant_id = ${tenantId} and id = ${contactId}`.execute(db)
  yield `{"format":"carteiro.person/1","exportedAt":${JSON.stringify(new Date())}`
  yield `,"contact":${JSON.stringify(contact.rows[0]?.row ?? null)}`
  yield* list('consents', byId(db, 'consent', own))
  yield ',"tickets":['
  let comma = ''
  for await (const ticket of byId(db, 'ticket', own)) {
    yield `${comma}${JSON.stringify(ticket).slice(0, -1)}`
    yield* ticketMembers(db, tenantId, String(ticket.id))
    yield '}'
    comma = ','
  }
  yield ']'
  const inGroups = sql`m.tenant_id = ${tenantId} and m.metadata ->> 'participantJid' = any(${person.jids}::text[])`
  yield* list('messagesInGroups', messagesOf(db, inGroups))
  yield* list('reactionsInGroups', reactionsOf(db, person))
  yield* list('votes', votesOf(db, person))
  yield* list('uploads', byId(db, 'upload', sql`tenant_id = ${tenantId} and (${ownUploads(person)})`))
  yield* list('waiting', waitingOf(db, person))
  yield* list('files', filesOf(db, person, inGroups))
  yield `,"elsewhere":${JSON.stringify(ELSEWHERE)},"complete":true}\n`
}

/** A member of the object whose value is an array. */
async function* list(name: string, rows: Rows): AsyncGenerator<string> {
  yield `,${JSON.stringify(name)}:[`
  let comma = ''
  for await (const row of rows) {
    yield `${comma}${JSON.stringify(row)}`
    comma = ','
  }
  yield ']'
}

async function* ticketMembers(db: Database, tenantId: string, ticketId: string): AsyncGenerator<string> {
  const ofTicket = sql`tenant_id = ${tenantId} and ticket_id = ${ticketId}`
  const flow = await sql<{ state: unknown }>`select state from flow_state where ${ofTicket}`.execute(db)
  yield `,"flow":${JSON.stringify(flow.rows[0]?.state ?? null)}`
  yield* list('messages', messagesOf(db, sql`m.tenant_id = ${tenantId} and m.ticket_id = ${ticketId}`))
  yield* list('activities', byId(db, 'timeline_entry', ofTicket))
  yield* list('notifications', byId(db, 'notification', ofTicket))
}

/** Rows of a table whose key is an id. */
const byId = (db: Database, table: string, which: ReturnType<typeof sql>): Rows =>
  readPages(
    db,
    BEFORE_IDS,
    (after) => sql<KeyedRow>`
      select id::text as key, ${rowOf('r')} as row from ${sql.table(table)} r
      where ${which} and id > ${after}::uuid order by id limit ${PAGE}`,
  )

const messagesOf = (db: Database, which: ReturnType<typeof sql>): Rows =>
  readPages(db, BEFORE_NUMBERS, (after) => messagePage(which, after))

async function* filesOf(db: Database, { tenantId, contactId }: Person, inGroups: ReturnType<typeof sql>) {
  const tickets = byId(db, 'ticket', sql`tenant_id = ${tenantId} and contact_id = ${contactId}`)
  for await (const { id } of tickets) {
    const ofTicket = sql`m.tenant_id = ${tenantId} and m.ticket_id = ${id}`
    yield* readPages(db, BEFORE_NUMBERS, (after) => filePage(ofTicket, after))
  }
  yield* readPages(db, BEFORE_NUMBERS, (after) => filePage(inGroups, after))
}

/** In a chat of two a reaction stands with its message. */
const reactionsOf = (db: Database, { tenantId, jids }: Person): Rows =>
  readPages(
    db,
    BEFORE_IDS,
    (after) => sql<KeyedRow>`
      select message_id::text as key, ${rowOf('r')} as row from message_reaction r
      where tenant_id = ${tenantId} and message_id > ${after}::uuid and reactor = any(${jids}::text[])
      order by message_id limit ${PAGE}`,
  )

const votesOf = (db: Database, { tenantId, jids }: Person): Rows =>
  readPages(
    db,
    '',
    (after) => sql<KeyedRow>`
      select instance_id || '/' || poll_message_id || '/' || voter as key, ${rowOf('v')} as row from poll_vote v
      where tenant_id = ${tenantId} and voter_jids && ${jids}::text[]
        and instance_id || '/' || poll_message_id || '/' || voter > ${after}
      order by 1 limit ${PAGE}`,
  )

/** What is not in a ticket (yet): events that wait or were set aside, changes and receipts that came too early. */
async function* waitingOf(db: Database, person: Person) {
  const { tenantId } = person
  const named = (text: ReturnType<typeof sql>) => mentions(person, text)
  yield* readPages(
    db,
    BEFORE_IDS,
    (after) => sql<KeyedRow>`
      select j.id::text as key, jsonb_build_object('from', j.name, 'state', j.state, 'events', own.events) as row
      from ${sql.table(`${QUEUE_SCHEMA}.job`)} j cross join lateral (
        select jsonb_agg(e) as events
        from jsonb_array_elements(coalesce(j.data -> 'envelopes', jsonb_build_array(j.data -> 'envelope'))) e
        where e ->> 'tenantId' = ${tenantId} and ${named(sql`e::text`)}
      ) own
      where j.name = any(${[...INBOUND_QUEUES, INBOUND_DEAD_QUEUE]}::text[]) and ${named(sql`j.data::text`)}
        and own.events is not null and j.id > ${after}::uuid
      order by j.id limit ${PAGE}`,
  )
  const early = await sql<{ row: Record<string, unknown> }>`
    select ${rowOf('p')} || '{"from": "pending_change"}' as row from pending_change p
    where tenant_id = ${tenantId} and ${named(sql`envelope::text`)}
    union all
    select ${rowOf('r')} || '{"from": "early_receipt"}' from early_receipt r
    where tenant_id = ${tenantId} and ${named(sql`participant || details::text`)}`.execute(db)
  for (const { row } of early.rows) yield row
}

/** What was brought for the person, and what was sent to it. */
const ownUploads = ({ tenantId, contactId }: Person) => sql`
  contact_id = ${contactId} or ticket_id in (
    select id from ticket where tenant_id = ${tenantId} and contact_id = ${contactId})
  or id in (
    select m.upload_id from ticket k join message m on m.tenant_id = k.tenant_id and m.ticket_id = k.id
    where k.tenant_id = ${tenantId} and k.contact_id = ${contactId} and m.upload_id is not null)`
