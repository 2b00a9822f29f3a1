import type { Database, DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { readLastSeq } from '../events/read.ts'
import { type CommitDependencies, commit } from '../events/unit-of-work.ts'
import { draftOf, NOTABLE } from './draft.ts'
import { saveDrafts } from './save-drafts.ts'

/** Numbers that are passed in one transaction. */
const PAGE = 5_000
const TENANTS = 100

/**
 * Looks through what the logs brought since the last look, and makes notifications of it. Any number of workers may do
 * this: each tenant's cursor is one worker's at a time, and moves in the transaction of what it passed.
 *
 * @returns whether there is more to look through
 */
export async function notifyOfEvents(dependencies: CommitDependencies): Promise<boolean> {
  const grown = await findGrown(dependencies.db)
  let isMore = grown.length === TENANTS
  for (const tenantId of grown) isMore = (await lookThrough(dependencies, tenantId)) || isMore
  return isMore
}

async function findGrown(db: Database): Promise<string[]> {
  const { rows } = await sql<{ tenant_id: string }>`
    select tenant_id from event_counter left join notification_cursor using (tenant_id)
    where last_seq > coalesce(seq, 0) limit ${TENANTS}`.execute(db)
  return rows.map(({ tenant_id }) => tenant_id)
}

function lookThrough(dependencies: CommitDependencies, tenantId: string): Promise<boolean> {
  return commit(dependencies, async (work) => {
    const cursor = await lockCursor(work.transaction, tenantId)
    if (cursor === undefined) return false
    const newest = await readLastSeq(work.transaction, tenantId)
    const until = Math.min(newest, cursor + PAGE)
    const events = await readNotable(work.transaction, { tenantId, after: cursor, until })
    await saveDrafts(
      work,
      tenantId,
      events.flatMap((event) => draftOf(event) ?? []),
    )
    await work.transaction
      .updateTable('notification_cursor')
      .set({ seq: until })
      .where('tenant_id', '=', tenantId)
      .execute()
    return until < newest
  })
}

/** @returns `undefined` while another worker looks through this tenant's log */
async function lockCursor(transaction: DatabaseTransaction, tenantId: string): Promise<number | undefined> {
  await transaction
    .insertInto('notification_cursor')
    .values({ tenant_id: tenantId, seq: 0 })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const cursor = await transaction
    .selectFrom('notification_cursor')
    .select('seq')
    .where('tenant_id', '=', tenantId)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  return cursor?.seq
}

/** Of all that was said, what may be worth a look: most of a log is not even read. */
const readNotable = (
  transaction: DatabaseTransaction,
  { tenantId, after, until }: { tenantId: string; after: number; until: number },
) =>
  transaction
    .selectFrom('event')
    .select(['type', 'seq', 'payload'])
    .where('tenant_id', '=', tenantId)
    .where('seq', '>', after)
    .where('seq', '<=', until)
    .where('type', 'in', NOTABLE)
    .orderBy('seq')
    .$narrowType<{ type: (typeof NOTABLE)[number] }>()
    .execute()
