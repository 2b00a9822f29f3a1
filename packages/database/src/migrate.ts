import { readdir, readFile } from 'node:fs/promises'
import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'

const FOLDER = new URL('../migrations/', import.meta.url)

/**
 * Brings the schema up to date: numbered plain `.sql` files, forward only, all that wait in one transaction, one
 * process at a time (kysely's Migrator holds an advisory lock). So no `create index concurrently`.
 *
 * @returns the names of the migrations that were run now
 * @throws the first migration's error; nothing of the run stays
 */
export async function migrate<Schema>(db: Kysely<Schema>): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: readMigrations } })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error) throw error
  return results.filter((result) => result.status === 'Success').map((result) => result.migrationName)
}

async function readMigrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort()
  const entries = files.map(async (file) => {
    const text = await readFile(new URL(file, FOLDER), 'utf8')
    // A table that has grown takes longer than a statement of the product may.
    const statements = sql.raw(`set local statement_timeout = 0; ${text}`)
    const migration: Migration = { up: async (db) => void (await statements.execute(db)) }
    return [file.replace(/\.sql$/, ''), migration] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}
