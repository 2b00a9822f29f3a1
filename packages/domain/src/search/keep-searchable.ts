import type { Database, DatabaseTransaction } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import type { SearchCursorTable } from '@carteiro/database/search-tables'
import { type Selectable, sql } from 'kysely'
import { readContactsAnew } from './read-contacts-anew.ts'
import { readLog } from './read-log.ts'
import { readMessagesAnew } from './read-messages-anew.ts'

export type SearchCursor = Selectable<SearchCursorTable>

const TENANTS = 100

/**
 * Reads the words of what is new or changed since the last look, so that it is found. Any number of workers may do this:
 * each tenant's cursor is one worker's at a time.
 *
 * @returns whether there is more to read
 */
export async function keepSearchable({ db }: { db: Database }): Promise<boolean> {
  const behind = await findBehind(db)
  let isMore = behind.length === TENANTS
  for (const tenantId of behind) {
    isMore = (await inTransaction(db, (transaction) => catchUp(transaction, tenantId))) || isMore
  }
  return isMore
}

async function findBehind(db: Database): Promise<string[]> {
  const { rows } = await sql<{ tenant_id: string }>`
    select c.tenant_id from event_counter c left join search_cursor s using (tenant_id)
    where c.last_seq > coalesce(s.seq, 0)
      or exists (select from message_search m where m.tenant_id = c.tenant_id and m.words is null)
      or exists (select from contact_search n where n.tenant_id = c.tenant_id and n.words is null)
    limit ${TENANTS}`.execute(db)
  return rows.map(({ tenant_id }) => tenant_id)
}

/** What is new comes first: old messages, after an upgrade, are many. */
async function catchUp(transaction: DatabaseTransaction, tenantId: string): Promise<boolean> {
  const cursor = await lockCursor(transaction, tenantId)
  // Another worker is at it.
  if (!cursor) return false
  const parts = [
    await readLog(transaction, cursor),
    await readContactsAnew(transaction, cursor),
    await readMessagesAnew(transaction, cursor),
  ]
  return parts.includes('more')
}

async function lockCursor(
  transaction: DatabaseTransaction,
  tenantId: string,
): Promise<SearchCursor | undefined> {
  await transaction
    .insertInto('search_cursor')
    .values({ tenant_id: tenantId, seq: 0 })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return transaction
    .selectFrom('search_cursor')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
}
