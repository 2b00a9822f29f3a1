import type { Queryable } from '@carteiro/database/connect'
import { type RawBuilder, sql } from 'kysely'

/** A row as it is handed out, and where the next page begins after it. */
export interface KeyedRow {
  key: string
  row: Record<string, unknown>
}

/** Rows that are in memory at a time. */
export const PAGE = 100

/** Before every key: of ids, and of numbers. */
export const BEFORE_IDS = '00000000-0000-0000-0000-000000000000'
export const BEFORE_NUMBERS = '0'

/** Reads what a query gives, page by page, so that a hundred thousand rows take no more memory than a hundred. */
export async function* readPages(
  db: Queryable,
  first: string,
  pageAfter: (key: string) => RawBuilder<KeyedRow>,
): AsyncGenerator<Record<string, unknown>> {
  for (let after = first; ; ) {
    const { rows } = await pageAfter(after).execute(db)
    for (const { row } of rows) yield row
    const last = rows.at(-1)
    if (!last || rows.length < PAGE) return
    after = last.key
  }
}

/** The members of a row `r` that are handed out: all, but for whose it is and what is of no use to anybody. */
export const rowOf = (table: string, without: string[] = []) =>
  sql`(to_jsonb(${sql.ref(table)}) - ${['tenant_id', ...without]}::text[])`
