import { type RawBuilder, sql } from 'kysely'
import { type SearchQuery, toContactQuery } from './read-query.ts'

/** The condition that a contact of the tenant is found by a query. @param id a contact's, in the query around */
export const matchesContact = (
  tenantId: string,
  query: SearchQuery,
  id: 'contact.id' | 'ticket.contact_id',
): RawBuilder<boolean> => sql<boolean>`
  ${sql.ref(id)} in (
    select contact_id from contact_search
    where tenant_id = ${tenantId} and words @@ replace(${toContactQuery(query)}, '{}',
      (select number::text from search_cursor where tenant_id = ${tenantId}))::tsquery
  )`
