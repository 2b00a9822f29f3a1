import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { QUEUE_SCHEMA } from './queue.ts'

/**
 * The channel on which pg-boss notifies, with the queue's name as payload. Our workers fetch in transactions of
 * their own and listen themselves: pg-boss's listener may take 17 s to return after a restart of PostgreSQL.
 */
export async function readWakeChannel(db: Queryable): Promise<string> {
  const { rows } = await sql<{ channel: string }>`
    select 'pgboss_' || left(encode(sha224(${QUEUE_SCHEMA}::bytea), 'hex'), 24) as channel`.execute(db)
  const channel = rows[0]?.channel
  if (channel === undefined) throw new Error('PostgreSQL did not name the wake channel')
  return channel
}
