import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** The tables that grow with every message, and that retention keeps within bounds. */
export const RETAINED_TABLES = [
  'delivery',
  'delivery_attempt',
  'delivery_history',
  'lane',
  'event',
  'audit_entry',
] as const

export interface KeptTable {
  table: string
  /** As PostgreSQL last estimated them. */
  rows: number
  /** Indexes included. */
  bytes: number
}

/** How much is kept, partitions added up. Counts nothing: it costs the same for any size. */
export async function readKept(db: Queryable): Promise<KeptTable[]> {
  const { rows } = await sql<KeptTable>`
    select t.name as "table", sum(greatest(c.reltuples, 0))::float as rows,
      sum(pg_total_relation_size(c.oid))::float as bytes
    from unnest(${[...RETAINED_TABLES]}::text[]) as t (name)
      left join pg_inherits h on h.inhparent = t.name::regclass
      join pg_class c on c.oid = coalesce(h.inhrelid, t.name::regclass)
    group by 1 order by 1`.execute(db)
  return rows
}
