import { existsSync } from 'node:fs'
import { connect, type Database } from '@carteiro/database/connect'
import { processVariables, readConfig } from '@carteiro/runtime/config'
import { createLogger } from '@carteiro/runtime/logger'
import { z } from 'zod'

/** Runs one command against the database that DATABASE_URL (or `.env`) names, and closes it. */
export async function withDatabase<Result>(run: (db: Database) => Promise<Result>): Promise<Result> {
  if (existsSync('.env')) process.loadEnvFile('.env')
  const config = readConfig(z.object({ DATABASE_URL: processVariables.DATABASE_URL }), process.env)
  const connection = connect({
    url: config.DATABASE_URL,
    logger: createLogger('carteiro', 'error'),
    name: 'carteiro',
    maxConnections: 1,
  })
  try {
    return await run(connection.db)
  } finally {
    await connection.close()
  }
}
