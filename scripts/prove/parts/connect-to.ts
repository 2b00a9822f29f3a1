import pg from 'pg'
import type { Stack } from '../../stack/start-stack.ts'

/** A connection of the proof's own, which may be lost when PostgreSQL is killed. */
export async function connectTo(stack: Stack): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: stack.databaseUrl, application_name: 'prove' })
  client.on('error', () => undefined)
  await client.connect()
  return client
}
