import type { Queryable } from '@carteiro/database/connect'
import { type RawBuilder, sql } from 'kysely'
import { findContacts, isAmong } from './find-contacts.ts'
import { type SearchQuery, toMessageQuery } from './read-query.ts'
import { PLACES_A_RUN } from './runs.ts'

/** Of so many of the newest messages that hold the words, the tickets are found. */
const NEWEST_MESSAGES = 1_000

/** The condition that a ticket is found by a query: by its contact's names or phone, or by what was written in it lately. */
export async function findTickets(
  db: Queryable,
  { tenantId, query }: { tenantId: string; query: SearchQuery },
): Promise<RawBuilder<boolean>> {
  const contacts = await findContacts(db, { tenantId, query })
  const { rows } = await sql<{ id: string }>`
    select distinct m.ticket_id as id
    from find_messages(${tenantId}, ${toMessageQuery(query)}, ${Number.MAX_SAFE_INTEGER}, ${PLACES_A_RUN},
        ${NEWEST_MESSAGES}) hit
      join message m on m.tenant_id = ${tenantId} and m.id = hit.message_id`.execute(db)
  const ids = rows.map(({ id }) => id)
  return sql<boolean>`(${isAmong(contacts, 'ticket.contact_id')} or ticket.id = any(${ids}::uuid[]))`
}
