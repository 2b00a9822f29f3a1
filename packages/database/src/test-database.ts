import { createLogger } from '@carteiro/runtime/logger'
import pg from 'pg'
import { type Connection, connect } from './connect.ts'
import { newId } from './new-id.ts'

/** Migrated once per test run; every test file gets a copy of it (scripts/test.ts makes it). */
export const TEMPLATE_DATABASE = 'carteiro_template'

export interface TestDatabase extends Connection {
  url: string
}

interface Teardown {
  teardown(run: () => Promise<void>): void
}

/**
 * A database of its own for one test file, cloned from the migrated template and dropped at the file's end.
 *
 * @param t the test (or `t` itself) whose end drops it
 * @throws when TEST_DATABASE_URL is not set: `npm test` sets it, also for one file (`npm test -- FILE`)
 */
export async function createTestDatabase(t: Teardown): Promise<TestDatabase> {
  const serverUrl = process.env.TEST_DATABASE_URL
  if (!serverUrl) throw new Error('TEST_DATABASE_URL is not set; run the file by `npm test -- FILE`')
  const name = `test_${newId().replaceAll('-', '')}`
  await asAdmin(serverUrl, `create database ${name} template ${TEMPLATE_DATABASE}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  const connection = connect({ url: url.href, logger: createLogger('test', 'silent'), name: 'test' })
  t.teardown(async () => {
    await connection.close()
    await asAdmin(serverUrl, `drop database if exists ${name} with (force)`)
  })
  return { ...connection, url: url.href }
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
