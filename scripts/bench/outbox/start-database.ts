import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Connection, connect } from '@carteiro/database/connect'
import { createEventNotifier, type EventNotifier } from '@carteiro/domain/events/notify'
import { createInstance } from '@carteiro/domain/instances/create-instance'
import { PACE_OFF } from '@carteiro/domain/outbox/settings'
import { createTenant } from '@carteiro/domain/tenants/create-tenant'
import { createLogger, type Logger } from '@carteiro/runtime/logger'
import { migrateDatabase } from '../../stack/migrate-database.ts'
import { findFreePort } from '../../stack/ports.ts'
import { startPostgres } from '../../stack/postgres-process.ts'
import { createProcessGroup } from '../../stack/process-group.ts'

export const TENANT = 'bench'
export const INSTANCE = 'bench-phone'

export interface BenchDatabase {
  url: string
  connection: Connection
  db: Connection['db']
  notifier: EventNotifier
  logger: Logger
  stop(): Promise<void>
}

/** A PostgreSQL of its own, as it comes, with one database. */
export async function startDatabase(): Promise<BenchDatabase> {
  const { databases, stop } = await startDatabases(['carteiro'])
  const [database] = databases
  if (!database) throw new Error('no database was made')
  return { ...database, stop }
}

/** Several databases of one server; each has one tenant, whose instance is connected and has no pace. */
export async function startDatabases(
  names: string[],
): Promise<{ databases: Omit<BenchDatabase, 'stop'>[]; stop: BenchDatabase['stop'] }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'carteiro-bench-'))
  const group = createProcessGroup({ logsDirectory: folder, tell: () => undefined })
  const opened: BenchDatabase[] = []
  const stop = async () => {
    for (const database of opened) await database.stop()
    await group.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const postgres = await startPostgres(group, {
      dataDirectory: folder,
      port: await findFreePort(),
      databases: names,
      settings: {},
    })
    for (const name of names) opened.push(await openDatabase(postgres.url(name)))
    return { databases: opened, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function openDatabase(url: string): Promise<BenchDatabase> {
  await migrateDatabase(url)
  const logger = createLogger('bench', 'error')
  const connection = connect({ url, logger, name: 'bench', maxConnections: 20 })
  const notifier = createEventNotifier(connection.pool, logger)
  const { db } = connection
  await createTenant({ db }, { id: TENANT, name: 'Bench', settings: PACE_OFF })
  await createInstance(db, { id: INSTANCE, tenantId: TENANT, name: 'Bench' })
  await db.updateTable('instance').set({ status: 'connected', connected: true }).execute()
  return {
    ...{ url, connection, db, notifier, logger },
    stop: async () => {
      await notifier.stop()
      await connection.close()
    },
  }
}
