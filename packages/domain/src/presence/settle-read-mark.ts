import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { ClaimedReadMark } from './claim-read-marks.ts'

/** `told`, or never to be. `later`: it is tried again after as long as it waits already, 5 s at least. */
export type ReadMarkOutcome = 'told' | 'dropped' | 'later'

const isThisClaim = ({ tenantId, ticketId, attempt }: ClaimedReadMark) => sql`
  tenant_id = ${tenantId} and ticket_id = ${ticketId} and attempts = ${attempt}`

/** Records how a try ended. What was read meanwhile, or did not fit into it, stays and is due at once. */
export async function settleReadMark(
  db: Queryable,
  mark: ClaimedReadMark,
  outcome: ReadMarkOutcome,
): Promise<void> {
  if (outcome === 'later') {
    await sql`
      update read_mark set claimed = false,
        next_attempt_at = now() + greatest(interval '5 seconds', least(now() - read_at, interval '10 minutes'))
      where ${isThisClaim(mark)}`.execute(db)
    return
  }
  const { through } = mark
  await sql`delete from read_mark where ${isThisClaim(mark)} and to_number <= ${through}`.execute(db)
  await sql`
    update read_mark set from_number = greatest(from_number, ${through + 1}), claimed = false,
      next_attempt_at = now()
    where ${isThisClaim(mark)} and to_number > ${through}`.execute(db)
}

/** After a day a blue tick says nothing: a phone was away for so long, or its broker. @returns how many went */
export async function dropOldReadMarks(db: Queryable): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from read_mark where read_at < now() - interval '1 day'`.execute(db)
  return Number(numAffectedRows ?? 0)
}
