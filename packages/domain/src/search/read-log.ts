import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { readLastSeq } from '../events/read.ts'
import type { SearchCursor } from './keep-searchable.ts'
import { MAX_TEXT_LENGTH, toMessageWords } from './read-words.ts'
import { prefixOfRun } from './runs.ts'

/** Numbers of the log that are passed in one transaction. */
const PAGE = 2_000

/**
 * Reads the words of messages that the log tells of, and moves the cursor, which the caller has locked, past them. One
 * whose text changed meanwhile has its row already, by the trigger on `message`: it is read anew then.
 */
export async function readLog(
  transaction: DatabaseTransaction,
  cursor: SearchCursor,
): Promise<'more' | 'done'> {
  const { tenant_id: tenantId, number, seq } = cursor
  const last = await readLastSeq(transaction, tenantId)
  const until = Math.min(last, seq + PAGE)
  if (until === seq) return 'done'
  const { rows } = await sql<{ id: string; text: string }>`
    select m.id, left(m.text, ${MAX_TEXT_LENGTH}) as text from event e
    join message m on m.tenant_id = e.tenant_id and m.id = (e.payload #>> '{message,id}')::uuid
    where e.tenant_id = ${tenantId} and e.seq > ${seq} and e.seq <= ${until} and e.type = 'messages.new'
      and m.text is not null
    order by e.seq`.execute(transaction)
  const words = rows.map(({ id, text }) => {
    const place = ++cursor.newest
    return { id, place, words: toMessageWords(text, prefixOfRun(number, place)) }
  })
  await sql`
    insert into message_search (tenant_id, message_id, place, words)
    select ${tenantId}, id, place, words
    from jsonb_to_recordset(${JSON.stringify(words)}::jsonb) as r (id uuid, place bigint, words tsvector)
    order by place on conflict do nothing`.execute(transaction)
  await transaction
    .updateTable('search_cursor')
    .set({ seq: until, newest: cursor.newest })
    .where('tenant_id', '=', tenantId)
    .execute()
  return until < last ? 'more' : 'done'
}
