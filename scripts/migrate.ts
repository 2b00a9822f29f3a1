import { existsSync } from 'node:fs'
import { ConfigurationError, processVariables, readConfig } from '@carteiro/runtime/config'
import { z } from 'zod'
import { migrateDatabase } from './stack/migrate-database.ts'

/** `npm run migrate`: brings the database that DATABASE_URL names up to date. Safe to run again, and side by side. */
try {
  if (existsSync('.env')) process.loadEnvFile('.env')
  const { DATABASE_URL } = readConfig(z.object({ DATABASE_URL: processVariables.DATABASE_URL }), process.env)
  const names = await migrateDatabase(DATABASE_URL)
  console.log(names.length === 0 ? 'The database is up to date.' : `Migrated: ${names.join(', ')}.`)
} catch (error) {
  const sentence = error instanceof Error ? error.message : String(error)
  console.error(error instanceof ConfigurationError ? sentence : `Not migrated: ${sentence}`)
  process.exitCode = 1
}
