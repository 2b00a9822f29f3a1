import type { Database, DatabaseTransaction } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import type { SearchCursorTable } from '@carteiro/database/search-tables'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import type { Logger } from '@carteiro/runtime/logger'
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
 * each tenant's cursor is one worker's at a time. A tenant whose words cannot be read is told, and the others go on.
 *
 * @returns whether there is more to read
 */
export async function keepSearchable({ db, logger }: { db: Database; logger: Logger }): Promise<boolean> {
  const behind = await findBehind(db)
  let isMore = false
  for (const tenantId of behind) {
    try {
      for (const step of STEPS) {
        const taken = await take(db, tenantId, step)
        if (taken === 'more' || (taken === 'done' && behind.length === TENANTS)) isMore = true
      }
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error
      logger.error({ err: error, tenantId }, 'words could not be read, trying again later')
    }
  }
  return isMore
}

/**
 * Of many, others each time. In the order of the index of what is unread: else PostgreSQL, which expects one among the
 * first rows, reads them all.
 */
async function findBehind(db: Database): Promise<string[]> {
  const { rows } = await sql<{ tenant_id: string }>`
    select c.tenant_id from event_counter c left join search_cursor s using (tenant_id)
    where c.last_seq > coalesce(s.seq, 0)
      or (select true from message_search m where m.tenant_id = c.tenant_id and m.words is null
        order by m.place limit 1)
      or exists (select from contact_search n where n.tenant_id = c.tenant_id and n.words is null)
    order by random() limit ${TENANTS}`.execute(db)
  return rows.map(({ tenant_id }) => tenant_id)
}

/** A transaction each, as changes of texts and names wait for it. @returns `held` where another worker is at it */
const take = (
  db: Database,
  tenantId: string,
  step: (typeof STEPS)[number],
): Promise<'more' | 'done' | 'held'> =>
  inTransaction(db, async (transaction) => {
    const cursor = await lockCursor(transaction, tenantId)
    return cursor === undefined ? 'held' : await step(transaction, cursor)
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
