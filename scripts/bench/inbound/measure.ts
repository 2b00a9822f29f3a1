import type { MessageEnvelope } from '@carteiro/contracts/envelope'
import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { makeEnvelopes, phonesOf } from './envelopes.ts'

/** A way to bring envelopes from a queue to where they are stored. */
export interface Contender {
  db: Database
  queue(envelopes: MessageEnvelope[]): Promise<void>
  /** Works on so many transactions at once until the queue is empty. */
  drain(concurrency: number): Promise<void>
  stop(): Promise<void>
}

export const CONCURRENCY = 2

/**
 * Queues so many envelopes, then takes the time until they are stored.
 *
 * @param round of all contenders: its chats are new
 * @returns envelopes a second
 * @throws when one of them is not stored
 */
export async function measure(contender: Contender, count: number, round: number): Promise<number> {
  const { db } = contender
  await contender.queue(makeEnvelopes(count, round))
  // Jobs of earlier rounds are passed over by every fetch until they are vacuumed away.
  await sql`vacuum analyze pgboss.job`.execute(db)
  const startedAt = performance.now()
  await contender.drain(CONCURRENCY)
  const seconds = (performance.now() - startedAt) / 1_000
  const found = await countStored(db, round)
  if (found !== count) throw new Error(`${found} of ${count} envelopes were stored`)
  return Math.round(count / seconds)
}

async function countStored(db: Database, round: number): Promise<number> {
  const [lowest, highest] = phonesOf(round)
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from contact c
    join ticket t on t.tenant_id = c.tenant_id and t.contact_id = c.id
    join message m on m.tenant_id = t.tenant_id and m.ticket_id = t.id
    where c.phone between ${lowest} and ${highest}`.execute(db)
  return rows[0]?.count ?? 0
}
