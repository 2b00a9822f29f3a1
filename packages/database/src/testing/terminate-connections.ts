import { sql } from 'kysely'
import type { Database } from '../connect.ts'

/**
 * Ends connections to this database on the server's side, as a restart or an administrator does.
 *
 * @param like pattern of `application_name`; else all but the one that asks
 * @returns how many were ended
 */
export async function terminateConnections(db: Database, like = '%'): Promise<number> {
  const { rows } = await sql`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name like ${like}`.execute(
    db,
  )
  return rows.length
}
