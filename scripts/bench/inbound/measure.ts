import type { MessageEnvelope } from '@carteiro/contracts/envelope'
import { sql } from 'kysely'
import { makeEnvelopes } from './envelopes.ts'
import type { BenchDatabase } from './start-database.ts'

/** A way to bring envelopes from a queue to where they are stored. */
export interface Contender {
  queue(envelopes: MessageEnvelope[]): Promise<void>
  /** Works on so many transactions at once until the queue is empty. */
  drain(concurrency: number): Promise<void>
}

export const CONCURRENCY = 2
let round = 0

/**
 * Queues so many envelopes, then takes the time until they are stored.
 *
 * @returns envelopes a second
 * @throws when one of them is not stored
 */
export async function measure(
  { connection: { db } }: BenchDatabase,
  contender: Contender,
  count: number,
): Promise<number> {
  const stored = async (): Promise<number> => {
    const { rows } = await sql<{ number: number }>`
      select count(*)::integer as number from message where number > ${before.last}`.execute(db)
    return rows[0]?.number ?? 0
  }
  await contender.queue(makeEnvelopes(count, ++round))
  await sql`vacuum analyze`.execute(db)
  const before = { last: await lastNumber(db) }
  const startedAt = performance.now()
  await contender.drain(CONCURRENCY)
  const seconds = (performance.now() - startedAt) / 1_000
  const found = await stored()
  if (found !== count) throw new Error(`${found} of ${count} envelopes were stored`)
  return Math.round(count / seconds)
}

async function lastNumber(db: BenchDatabase['connection']['db']): Promise<number> {
  const { rows } = await sql<{ last: number }>`select coalesce(max(number), 0) as last from message`.execute(
    db,
  )
  return rows[0]?.last ?? 0
}
