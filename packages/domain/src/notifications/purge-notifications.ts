import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** Lets go what was read so many days ago. @returns how many */
export async function purgeNotifications(db: Database, { days }: { days: number }): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from notification where read_at < now() - make_interval(days => ${days})`.execute(db)
  return Number(numAffectedRows ?? 0)
}
