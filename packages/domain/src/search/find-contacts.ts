import type { Queryable } from '@carteiro/database/connect'
import { type RawBuilder, sql } from 'kysely'
import { type SearchQuery, toContactQuery } from './read-query.ts'

/** The contacts that a query finds: each, or, where they are many, how one is recognized. */
export type FoundContacts = { ids: string[] } | { tenantId: string; query: string }

const FEW = 1_000

/**
 * Looks for contacts by their names and phones. PostgreSQL cannot guess how many have a word; a list of a few is gathered
 * from them, one of many is walked until its page is full.
 */
export async function findContacts(
  db: Queryable,
  { tenantId, query: asked }: { tenantId: string; query: SearchQuery },
): Promise<FoundContacts> {
  const cursor = await db
    .selectFrom('search_cursor')
    .select('number')
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  if (!cursor) return { ids: [] }
  const query = toContactQuery(asked).replaceAll('{}', String(cursor.number))
  const { rows } = await sql<{ id: string }>`
    select contact_id as id from contact_search
    where words @@ ${query}::tsquery and tenant_id = ${tenantId} limit ${FEW + 1}`.execute(db)
  return rows.length > FEW ? { tenantId, query } : { ids: rows.map(({ id }) => id) }
}

/** The condition that a contact is among them. @param id its, in the query around */
export const isAmong = (found: FoundContacts, id: 'contact.id' | 'ticket.contact_id'): RawBuilder<boolean> =>
  'ids' in found
    ? sql<boolean>`${sql.ref(id)} = any(${found.ids}::uuid[])`
    : sql<boolean>`(
        select s.words @@ ${found.query}::tsquery from contact_search s
        where s.tenant_id = ${found.tenantId} and s.contact_id = ${sql.ref(id)}
      )`
