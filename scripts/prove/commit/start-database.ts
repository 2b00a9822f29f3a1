import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connect, type Database } from '@carteiro/database/connect'
import { createLogger } from '@carteiro/runtime/logger'
import { migrateDatabase } from '../../stack/migrate-database.ts'
import { findFreePort } from '../../stack/ports.ts'
import { startPostgres } from '../../stack/postgres-process.ts'
import { createProcessGroup } from '../../stack/process-group.ts'

/** A PostgreSQL of the proof's own, set up as the product's. */
export async function startDatabase(): Promise<{ db: Database; url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'carteiro-prove-'))
  const group = createProcessGroup({ logsDirectory: folder, tell: () => undefined })
  const stopServer = async () => {
    await group.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const options = { dataDirectory: folder, port: await findFreePort(), databases: ['broker'], settings: {} }
    const url = (await startPostgres(group, options)).url('broker')
    await migrateDatabase(url)
    const connection = connect({ url, logger: createLogger('prove', 'silent'), name: 'prove' })
    const stop = async () => {
      await connection.close()
      await stopServer()
    }
    return { db: connection.db, url, stop }
  } catch (error) {
    await stopServer()
    throw error
  }
}
