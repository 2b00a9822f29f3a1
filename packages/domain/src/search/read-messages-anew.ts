import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { SearchCursor } from './keep-searchable.ts'
import { MAX_TEXT_LENGTH, toMessageWords } from './read-words.ts'
import { prefixOfRun } from './runs.ts'

const BATCH = 2_000

/**
 * Reads the words of messages whose text changed, or was there before the search was: the newest first. Their rows are
 * locked before the texts are read, so that a change either is read or waits and asks once more.
 */
export async function readMessagesAnew(
  transaction: DatabaseTransaction,
  cursor: SearchCursor,
): Promise<'more' | 'done'> {
  const { tenant_id: tenantId, number } = cursor
  const { rows: unread } = await sql<{ id: string; place: number | null }>`
    select message_id as id, place from message_search where tenant_id = ${tenantId} and words is null
    order by place desc limit ${BATCH} for update skip locked`.execute(transaction)
  if (unread.length === 0) return 'done'
  const { rows: texts } = await sql<{ id: string; text: string | null }>`
    select id, left(text, ${MAX_TEXT_LENGTH}) as text from message
    where tenant_id = ${tenantId} and id = any(${unread.map(({ id }) => id)}::uuid[])`.execute(transaction)
  const textOf = new Map(texts.map(({ id, text }) => [id, text]))
  const words = unread.map(({ id, place: known }) => {
    const place = known ?? ++cursor.newest
    return { id, place, words: toMessageWords(textOf.get(id) ?? '', prefixOfRun(number, place)) }
  })
  await sql`
    update message_search s set place = r.place, words = r.words
    from jsonb_to_recordset(${JSON.stringify(words)}::jsonb) as r (id uuid, place bigint, words tsvector)
    where s.tenant_id = ${tenantId} and s.message_id = r.id`.execute(transaction)
  await transaction
    .updateTable('search_cursor')
    .set({ newest: cursor.newest })
    .where('tenant_id', '=', tenantId)
    .execute()
  return unread.length === BATCH ? 'more' : 'done'
}
