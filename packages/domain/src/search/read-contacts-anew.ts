import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { SearchCursor } from './keep-searchable.ts'
import { toContactWords } from './read-words.ts'

const BATCH = 1_000

interface Names {
  id: string
  given_name: string | null
  told_name: string | null
  push_name: string | null
  phone: string | null
}

/** Reads the words of contacts that are new or called otherwise; by the same order of locks as for messages. */
export async function readContactsAnew(
  transaction: DatabaseTransaction,
  { tenant_id: tenantId, number }: SearchCursor,
): Promise<'more' | 'done'> {
  const { rows: unread } = await sql<{ id: string }>`
    select contact_id as id from contact_search where tenant_id = ${tenantId} and words is null
    limit ${BATCH} for update skip locked`.execute(transaction)
  if (unread.length === 0) return 'done'
  const { rows: contacts } = await sql<Names>`
    select id, given_name, told_name, push_name, phone from contact
    where tenant_id = ${tenantId} and id = any(${unread.map(({ id }) => id)}::uuid[])`.execute(transaction)
  const words = contacts.map(({ id, given_name, told_name, push_name, phone }) => ({
    id,
    words: toContactWords({ names: [given_name, told_name, push_name], phone }, String(number)),
  }))
  await sql`
    update contact_search s set words = r.words
    from jsonb_to_recordset(${JSON.stringify(words)}::jsonb) as r (id uuid, words tsvector)
    where s.tenant_id = ${tenantId} and s.contact_id = r.id`.execute(transaction)
  return unread.length === BATCH ? 'more' : 'done'
}
