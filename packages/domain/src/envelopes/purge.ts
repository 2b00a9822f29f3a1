import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** Longer than any sender repeats an event. */
const APPLIED_DAYS = 30
/** What found no message in this time belongs to none: a receipt for a message that another program sent. */
const WAITING_DAYS = 7

/** Removes marks and leftovers that nothing will ask for any more. A chore: it looks across tenants. */
export async function purgeInbound(db: Queryable): Promise<void> {
  const before = (days: number) => sql`now() - make_interval(days => ${days})`
  await sql`delete from applied_envelope where applied_at < ${before(APPLIED_DAYS)}`.execute(db)
  await sql`delete from early_receipt where received_at < ${before(WAITING_DAYS)}`.execute(db)
  await sql`delete from pending_change where received_at < ${before(WAITING_DAYS)}`.execute(db)
}
