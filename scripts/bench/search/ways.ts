import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { CONTACT_QUERIES, QUERIES } from './words.ts'

/** A first page that is looked for, by the product and by a query that looks at every row. */
export interface Search {
  query: (n: number) => string
  path: string
  scan: (db: Database, tenantId: string, query: string) => Promise<unknown[]>
}

export const LIMIT = 50

/** All searches by their name. */
export const SEARCHES: Record<string, Search> = {
  ...named(QUERIES, '', { path: '/api/messages/search?q=', scan: scanMessages }),
  ...named(CONTACT_QUERIES, 'contacts: ', { path: '/api/contacts?search=', scan: scanContacts }),
  ...named(CONTACT_QUERIES, 'tickets: ', { path: '/api/tickets?search=', scan: scanTickets }),
}

function named(
  queries: Record<string, Search['query']>,
  prefix: string,
  search: Omit<Search, 'query'>,
): Record<string, Search> {
  return Object.fromEntries(
    Object.entries(queries).map(([name, query]): [string, Search] => [prefix + name, { query, ...search }]),
  )
}

/** By the route, over HTTP. @returns how many are on the page */
export async function searchByRoute(api: { url: string; key: string }, path: string, query: string) {
  const response = await fetch(`${api.url}${path}${encodeURIComponent(query)}&limit=${LIMIT}`, {
    headers: { 'x-api-key': api.key },
  })
  const body: unknown = await response.json()
  if (!response.ok) throw new Error(`the API answered ${response.status}: ${JSON.stringify(body)}`)
  return typeof body === 'object' && body && 'items' in body && Array.isArray(body.items)
    ? body.items.length
    : 0
}

async function scanMessages(db: Database, tenantId: string, query: string) {
  const words = query.split(/"\s*|\s*"/).filter((word) => word !== '')
  const holds = words.map((word) => sql`text ilike ${`%${word}%`}`)
  const { rows } = await sql`
    select * from message where tenant_id = ${tenantId} and ${sql.join(holds, sql` and `)}
    order by number desc limit ${LIMIT}`.execute(db)
  return rows
}

const holdsContact = (query: string) =>
  sql`(c.name ilike ${`%${query}%`} or c.push_name ilike ${`%${query}%`} or c.phone like ${`%${query}%`})`

async function scanContacts(db: Database, tenantId: string, query: string) {
  const { rows } = await sql`
    select * from contact c where tenant_id = ${tenantId} and ${holdsContact(query)}
    order by created_at desc limit ${LIMIT}`.execute(db)
  return rows
}

async function scanTickets(db: Database, tenantId: string, query: string) {
  const { rows } = await sql`
    select t.*, c.name, c.phone from ticket t
      join contact c on c.tenant_id = t.tenant_id and c.id = t.contact_id
    where t.tenant_id = ${tenantId} and ${holdsContact(query)}
    order by t.updated_at desc limit ${LIMIT}`.execute(db)
  return rows
}
