import type { Queryable } from '@carteiro/database/connect'

/** How many files are still to be fetched, over all tenants: for the gauge. */
export async function countPendingMedia(db: Queryable): Promise<number> {
  const { count } = await db
    .selectFrom('media_download')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('act', '=', 'fetch')
    .executeTakeFirstOrThrow()
  return count
}
