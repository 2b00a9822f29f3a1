import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Connection, connect } from '@carteiro/database/connect'
import { createInstance } from '@carteiro/domain/instances/create-instance'
import { createTenant } from '@carteiro/domain/tenants/create-tenant'
import { type Queue, startQueue } from '@carteiro/queue/queue'
import { createLogger } from '@carteiro/runtime/logger'
import { migrateDatabase } from '../../stack/migrate-database.ts'
import { findFreePort } from '../../stack/ports.ts'
import { startPostgres } from '../../stack/postgres-process.ts'
import { createProcessGroup } from '../../stack/process-group.ts'
import { INSTANCES, tenantOf } from './envelopes.ts'

export interface BenchDatabase {
  url: string
  connection: Connection
  queue: Queue
}

export interface BenchDatabases {
  empty: BenchDatabase
  full: BenchDatabase
  stop(): Promise<void>
}

/** A PostgreSQL of its own, as the product sets it up, with two databases: the bench fills one of them. */
export async function startDatabases(): Promise<BenchDatabases> {
  const folder = await mkdtemp(path.join(tmpdir(), 'carteiro-bench-'))
  const group = createProcessGroup({ logsDirectory: folder, tell: () => undefined })
  const stopServer = async () => {
    await group.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const port = await findFreePort()
    const options = { dataDirectory: folder, port, databases: ['empty', 'full'], settings: {} }
    const postgres = await startPostgres(group, options)
    const [empty, full] = [await prepare(postgres.url('empty')), await prepare(postgres.url('full'))]
    const stop = async () => {
      for (const { queue, connection } of [empty, full]) {
        await queue.stop()
        await connection.close()
      }
      await stopServer()
    }
    return { empty, full, stop }
  } catch (error) {
    await stopServer()
    throw error
  }
}

/** The schema, the bench's tenants and their instances. */
async function prepare(url: string): Promise<BenchDatabase> {
  await migrateDatabase(url)
  const logger = createLogger('bench', 'error')
  const connection = connect({ url, logger, name: 'bench' })
  for (const id of INSTANCES) {
    await createTenant(connection, { id: tenantOf(id), name: id })
    await createInstance(connection.db, { id, tenantId: tenantOf(id), name: 'Bench' })
  }
  return { url, connection, queue: await startQueue({ connection, url, logger, role: 'worker' }) }
}
