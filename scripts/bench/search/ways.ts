import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** Finds a first page. @returns how many are on it */
export type Way = (query: string) => Promise<number>

export const LIMIT = 50

/** The product's: the route, over HTTP. */
export const ourWay =
  ({ url, key }: { url: string; key: string }): Way =>
  async (query) => {
    const response = await fetch(`${url}/api/messages/search?limit=${LIMIT}&q=${encodeURIComponent(query)}`, {
      headers: { 'x-api-key': key },
    })
    const body: unknown = await response.json()
    if (!response.ok) throw new Error(`the API answered ${response.status}: ${JSON.stringify(body)}`)
    return typeof body === 'object' && body && 'items' in body && Array.isArray(body.items)
      ? body.items.length
      : 0
  }

/** The plain way: every message of the tenant is looked at, by `ilike`. */
export const scanWay =
  (db: Database, tenantId: string): Way =>
  async (query) => {
    const words = query.split(/"\s*|\s*"/).filter((word) => word !== '')
    const holds = words.map((word) => sql`text ilike ${`%${word}%`}`)
    const { rows } = await sql`
      select * from message where tenant_id = ${tenantId} and ${sql.join(holds, sql` and `)}
      order by number desc limit ${LIMIT}`.execute(db)
    return rows.length
  }
