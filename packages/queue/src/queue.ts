import type { Connection, DatabaseTransaction } from '@carteiro/database/connect'
import type { Logger } from '@carteiro/runtime/logger'
import { fromKysely, PgBoss } from 'pg-boss'
import { QUEUES } from './jobs.ts'

/** pg-boss's schema, and the channel on which it tells that a job landed (its notifier computes the same name). */
export const QUEUE_SCHEMA = 'pgboss'

export interface Queue {
  boss: PgBoss
  /** Draws the next number of commit groups, the same row of numbers for every process. */
  drawNumber(): Promise<number>
  stop(): Promise<void>
}

export interface QueueOptions {
  connection: Pick<Connection, 'pool'>
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
  return {
    boss,
    drawNumber: () => drawNumber(connection.pool),
    stop: () => boss.stop({ graceful: true, timeout: 10_000 }),
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

function overPool(pool: Connection['pool']) {
  return {
    executeSql: async (text: string, values?: unknown[]) => {
      const { rows } = await pool.query(text, values)
      return { rows }
    },
  }
}

async function drawNumber(pool: Connection['pool']): Promise<number> {
  const { rows } = await pool.query<{ number: number }>("select nextval('ingest_number') as number")
  const number = rows[0]?.number
  if (number === undefined) throw new Error('PostgreSQL gave back no number')
  return number
}
