import { existsSync } from 'node:fs'
import { type Connection, connect, type Database } from '@carteiro/database/connect'
import { processVariables, readConfig } from '@carteiro/runtime/config'
import { createLogger } from '@carteiro/runtime/logger'
import { z } from 'zod'

/** Runs one command against the database that DATABASE_URL (or `.env`) names, and closes it. */
export async function withDatabase<Result>(run: (db: Database) => Promise<Result>): Promise<Result> {
  return withConnection(({ db }) => run(db))
}

/** The same, for a command that needs the pool or the URL itself. */
export async function withConnection<Result>(
  run: (connection: Connection, url: string) => Promise<Result>,
): Promise<Result> {
  if (existsSync('.env')) process.loadEnvFile('.env')
  const config = readConfig(z.object({ DATABASE_URL: processVariables.DATABASE_URL }), process.env)
  const connection = connect({
    url: config.DATABASE_URL,
    logger: createLogger('carteiro', 'error'),
    name: 'carteiro',
    maxConnections: 1,
  })
  try {
    return await run(connection, config.DATABASE_URL)
  } finally {
    await connection.close()
  }
}
