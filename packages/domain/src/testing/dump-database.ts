import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** Every row of every table of every schema that is not PostgreSQL's own, as text, by table; partitions by themselves. */
export async function dumpDatabase(db: Database): Promise<Map<string, string[]>> {
  const { rows: tables } = await sql<{ name: string }>`
    select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm') and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
    order by 1`.execute(db)
  const dump = new Map<string, string[]>()
  for (const { name } of tables) {
    const { rows } = await sql<{
      row: string
    }>`select t::text as row from ${sql.raw(name)} t order by 1`.execute(db)
    dump.set(
      name,
      rows.map(({ row }) => row),
    )
  }
  return dump
}

/** Where one of these words stands, also in bytes: the table and the row, for a test's message. */
export function findWords(dump: Map<string, string[]>, words: string[]): string[] {
  const spelled = words.flatMap((word) => [word, Buffer.from(word).toString('hex')])
  return [...dump].flatMap(([table, rows]) =>
    rows
      .filter((row) => spelled.some((word) => row.includes(word)))
      .map((row) => `${table}: ${row.slice(0, 300)}`),
  )
}
