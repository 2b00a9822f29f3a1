import { connect } from '@carteiro/database/connect'
import { migrate } from '@carteiro/database/migrate'
import { migrateQueue } from '@carteiro/queue/queue'
import { createLogger } from '@carteiro/runtime/logger'

/**
 * Brings a database up to date, tables first and then the queue. No connection is left open.
 *
 * @returns the names of the migrations that were run now
 */
export async function migrateDatabase(url: string): Promise<string[]> {
  const connection = connect({
    url,
    logger: createLogger('migrate', 'error'),
    name: 'migrate',
    maxConnections: 1,
  })
  try {
    const names = await migrate(connection.db)
    await migrateQueue(url)
    return names
  } finally {
    await connection.close()
  }
}
