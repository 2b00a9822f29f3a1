import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Connection, connect } from '@carteiro/database/connect'
import { createInstance } from '@carteiro/domain/instances/create-instance'
import { createTenant } from '@carteiro/domain/tenants/create-tenant'
import { createLogger } from '@carteiro/runtime/logger'
import { migrateDatabase } from '../../stack/migrate-database.ts'
import { findFreePort } from '../../stack/ports.ts'
import { startPostgres } from '../../stack/postgres-process.ts'
import { createProcessGroup } from '../../stack/process-group.ts'
import { INSTANCES, tenantOf } from './envelopes.ts'

export interface BenchDatabase {
  url: string
  connection: Connection
  stop(): Promise<void>
}

/** A PostgreSQL of its own, as the product sets it up, with the bench's tenants and their instances. */
export async function startDatabase(): Promise<BenchDatabase> {
  const folder = await mkdtemp(path.join(tmpdir(), 'carteiro-bench-'))
  const group = createProcessGroup({ logsDirectory: folder, tell: () => undefined })
  const stopServer = async () => {
    await group.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const port = await findFreePort()
    const options = { dataDirectory: folder, port, databases: ['carteiro'], settings: {} }
    const url = (await startPostgres(group, options)).url('carteiro')
    await migrateDatabase(url)
    const connection = connect({ url, logger: createLogger('bench', 'error'), name: 'bench' })
    for (const id of INSTANCES) {
      await createTenant(connection, { id: tenantOf(id), name: id })
      await createInstance(connection.db, { id, tenantId: tenantOf(id), name: 'Bench' })
    }
    const stop = async () => {
      await connection.close()
      await stopServer()
    }
    return { url, connection, stop }
  } catch (error) {
    await stopServer()
    throw error
  }
}
