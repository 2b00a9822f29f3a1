import type { MessageHit } from '@carteiro/contracts/search'
import type { Queryable } from '@carteiro/database/connect'
import type { MessageTable } from '@carteiro/database/tables'
import { type Selectable, sql } from 'kysely'
import { toContactView } from '../contacts/view.ts'
import { toMessageViews } from '../messages/view.ts'
import { makeSnippet } from './make-snippet.ts'
import { type SearchQuery, toMessageQuery } from './read-query.ts'
import { PLACES_A_RUN } from './runs.ts'

interface Hit extends Selectable<MessageTable> {
  place: number
  contact_name: string | null
  contact_phone: string | null
  contact_kind: 'person' | 'group'
}

/**
 * A tenant's messages that hold what is looked for, the newest first.
 *
 * @param after place of the last one of the page before
 */
export async function searchMessages(
  db: Queryable,
  {
    tenantId,
    query,
    after,
    limit,
  }: { tenantId: string; query: SearchQuery; after?: number | undefined; limit: number },
): Promise<{ items: MessageHit[]; next: number | null }> {
  const below = after ?? Number.MAX_SAFE_INTEGER
  const { rows } = await sql<Hit>`
    select m.*, hit.place, c.name as contact_name, c.phone as contact_phone, c.kind as contact_kind
    from find_messages(${tenantId}, ${toMessageQuery(query)}, ${below}, ${PLACES_A_RUN}, ${limit + 1}) hit
      join message m on m.tenant_id = ${tenantId} and m.id = hit.message_id
      join contact c on c.tenant_id = ${tenantId} and c.id = m.contact_id
    order by hit.place desc`.execute(db)
  const page = rows.slice(0, limit)
  const views = await toMessageViews(db, page)
  return {
    items: views.flatMap((message, index) => {
      const row = page[index]
      return row ? [{ message, contact: contactOf(row), snippet: makeSnippet(row.text ?? '', query) }] : []
    }),
    next: rows.length > limit ? (page.at(-1)?.place ?? null) : null,
  }
}

const contactOf = ({ contact_id: id, contact_name: name, contact_phone: phone, contact_kind: kind }: Hit) =>
  toContactView({ id, name, phone, kind })
