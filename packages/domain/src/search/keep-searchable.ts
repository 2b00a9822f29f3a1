import type { Database, DatabaseTransaction } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import type { SearchCursorTable } from '@carteiro/database/search-tables'
import { type Selectable, sql } from 'kysely'
import { readContactsAnew } from './read-contacts-anew.ts'
import { readLog } from './read-log.ts'
import { readMessagesAnew } from './read-messages-anew.ts'

export type SearchCursor = Selectable<SearchCursorTable>

const TENANTS = 100
/** What is new comes first: old messages, after an upgrade, are many. */
const STEPS = [readLog, readContactsAnew, readMessagesAnew] as const

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
    for (const step of STEPS) isMore = (await take(db, tenantId, step)) || isMore
  }
  return isMore
}

/** In the order of the index of what is unread: else PostgreSQL, which expects one among the first rows, reads them all. */
async function findBehind(db: Database): Promise<string[]> {
  const { rows } = await sql<{ tenant_id: string }>`
    select c.tenant_id from event_counter c left join search_cursor s using (tenant_id)
    where c.last_seq > coalesce(s.seq, 0)
      or (select true from message_search m where m.tenant_id = c.tenant_id and m.words is null
        order by m.place limit 1)
      or exists (select from contact_search n where n.tenant_id = c.tenant_id and n.words is null)
    limit ${TENANTS}`.execute(db)
  return rows.map(({ tenant_id }) => tenant_id)
}

/** A transaction each, as changes of texts and names wait for it. @returns whether there is more to read */
const take = (db: Database, tenantId: string, step: (typeof STEPS)[number]): Promise<boolean> =>
  inTransaction(db, async (transaction) => {
    const cursor = await lockCursor(transaction, tenantId)
    // Without it, another worker is at it.
    return cursor !== undefined && (await step(transaction, cursor)) === 'more'
  })

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
