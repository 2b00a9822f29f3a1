import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** Which rows of a table are acme's, by the columns that it has. */
async function conditionsByTable(db: Database): Promise<Map<string, string>> {
  const { rows } = await sql<{ name: string; columns: string[] }>`
    select format('%I.%I', n.nspname, c.relname) as name, array_agg(a.attname::text) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where n.nspname in ('public', 'broker') and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname not like 'kysely%'
    group by 1`.execute(db)
  const conditionOf = (name: string, columns: string[]) => {
    if (columns.includes('tenant_id')) return `r.tenant_id = 'acme'`
    if (columns.includes('instance_id')) return `r.instance_id like 'acme-%'`
    // How far a pulling broker has come, whosever messages they are.
    if (name === 'broker.gateway_cursor') return 'false'
    if (name === 'public.tenant') return `r.id = 'acme'`
    // The brokers themselves: they are the platform's.
    if (name === 'broker.node') return 'false'
    throw new Error(`whose are the rows of ${name}? Tell it here`)
  }
  const ours = rows.map(({ name, columns }) => [name, conditionOf(name, columns)] as const)
  return new Map([...ours, ['pgboss.job', `r.data::text like '%"acme%'`]])
}

/** Reads all that is acme's, in every table that the catalog knows: one JSON text a row, by table. */
export async function createSnapshot(db: Database): Promise<() => Promise<Record<string, string[]>>> {
  const conditions = await conditionsByTable(db)
  return async () => {
    const tables = [...conditions].map(async ([table, condition]) => {
      const { rows } = await sql<{ row: string }>`
        select to_jsonb(r)::text as row from ${sql.raw(`${table} r where ${condition}`)} order by 1`.execute(
        db,
      )
      return [table, rows.map(({ row }) => row)] as const
    })
    return Object.fromEntries(await Promise.all(tables))
  }
}
