import type { Connection, DatabaseTransaction } from '@carteiro/database/connect'
import { createNotifier, type Notifier } from '@carteiro/database/notifier'
import type { Logger } from '@carteiro/runtime/logger'
import { fromKysely, PgBoss } from 'pg-boss'
import { QUEUES } from './jobs.ts'
import { INBOUND_CHANNEL, QUEUE_SCHEMA } from './wake-channel.ts'

export interface Queue {
  boss: PgBoss
  /** The process's own pool. */
  pool: Connection['pool']
  /** Wakes the workers of an inbound queue, after the commit that gave it a job. */
  wakeInbound: Notifier['notify']
  stop(): Promise<void>
}

export interface QueueOptions {
  connection: Pick<Connection, 'db' | 'pool'>
  url: string
  logger: Logger
  /** `producer` only inserts, over the process's own pool. `worker` also listens, fetches and supervises. */
  role: 'producer' | 'worker'
}

/**
 * Starts pg-boss for one process. The schema and the queues are made by `migrateQueue`, never on a start, so that
 * many processes may start at once.
 */
export async function startQueue({ connection, url, logger, role }: QueueOptions): Promise<Queue> {
  const common = { schema: QUEUE_SCHEMA, migrate: false, createSchema: false, schedule: false }
  const boss =
    role === 'producer'
      ? new PgBoss({ ...common, supervise: false, db: overPool(connection.pool) })
      : new PgBoss({
          ...common,
          connectionString: url,
          application_name: 'carteiro worker queue',
          max: 4,
          useListenNotify: true,
          superviseIntervalSeconds: 10,
          monitorIntervalSeconds: 10,
        })
  boss.on('error', (error) => logger.warn({ err: error.message }, 'queue: database away'))
  boss.on('warning', (warning) => logger.warn({ warning: warning.message }, 'queue warning'))
  await boss.start()
  const notifier = createNotifier(connection.pool, logger, INBOUND_CHANNEL)
  return {
    boss,
    pool: connection.pool,
    wakeInbound: notifier.notify,
    stop: async () => {
      await boss.stop({ graceful: true, timeout: 10_000 })
      await notifier.stop()
    },
  }
}

/** Makes pg-boss's schema and every queue of ours, or brings them up to date. Run by the migrations. */
export async function migrateQueue(url: string): Promise<void> {
  const boss = new PgBoss({
    connectionString: url,
    schema: QUEUE_SCHEMA,
    supervise: false,
    schedule: false,
    max: 1,
  })
  boss.on('error', () => undefined)
  await boss.start()
  try {
    for (const [name, settings] of Object.entries(QUEUES)) {
      await boss.createQueue(name, settings)
      await boss.updateQueue(name, settings)
    }
  } finally {
    await boss.stop({ graceful: false })
  }
}

/** Lets a pg-boss call take part in our transaction. */
export const within = (transaction: DatabaseTransaction) => ({ db: fromKysely(transaction) })

const overPool = (pool: Connection['pool']) => ({
  executeSql: (text: string, values: unknown[] = []) => pool.query(text, values),
})
