import type { Database, DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** Tables that are divided by time. */
export type PartitionedTable = 'event' | 'audit_entry'

/** So long a drop may wait for those who read: everybody who writes waits behind it meanwhile. */
const LOCK_TIMEOUT = '2s'

/**
 * Drops the partitions that hold nothing younger than `days`. One that is read just now is left for the next round.
 *
 * @returns the names of those that went, oldest first
 */
export async function dropPartitions(db: Database, table: PartitionedTable, days: number): Promise<string[]> {
  const dropped: string[] = []
  for (const name of await findOld(db, table, days)) {
    if (!(await drop(db, name))) break
    dropped.push(name)
  }
  return dropped
}

/** By the upper bound of what a partition may hold, as the catalog tells it. */
async function findOld(db: Database, table: PartitionedTable, days: number): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from (
      select c.relname as name,
        (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''([^'']+)''\\)'))[1]::timestamptz as ends_at
      from pg_inherits h join pg_class c on c.oid = h.inhrelid
      where h.inhparent = ${table}::regclass
    ) partition
    where ends_at <= now() - make_interval(days => ${days})
    order by ends_at`.execute(db)
  return rows.map(({ name }) => name)
}

async function drop(db: Database, name: string): Promise<boolean> {
  try {
    await db.transaction().execute((transaction) => dropWithin(transaction, name))
    return true
  } catch (error) {
    if (isLockTimeout(error)) return false
    throw error
  }
}

/** `if exists`: another worker may have been first. */
async function dropWithin(transaction: DatabaseTransaction, name: string): Promise<void> {
  await sql`set local lock_timeout = ${sql.lit(LOCK_TIMEOUT)}`.execute(transaction)
  await sql`drop table if exists ${sql.table(name)}`.execute(transaction)
}

const isLockTimeout = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '55P03'
