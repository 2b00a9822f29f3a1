import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { CONCURRENCY, drainOurs, drainPlain } from './outbox/drain-ways.ts'
import { plant, tidyUp } from './outbox/plant.ts'
import { type BenchDatabase, startDatabase } from './outbox/start-database.ts'

const FULL = { history: 1_000_000, queued: 200_000 }

/**
 * How fast a full outbox empties, from QUEUED to SENT with everything that is told of it, where the channel answers at
 * once: the worker's own dispatcher, beside one claim and one settlement a message at the same concurrency. With
 * `--full` once more among a million rows of history.
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '20000' },
      plain: { type: 'string', default: '3000' },
      full: { type: 'boolean', default: false },
    },
  })
  console.log('starting PostgreSQL ...')
  const database = await startDatabase()
  try {
    // Connections, plans and code are warm then.
    await measureOurs(database, 2_000)
    const plain = await measurePlain(database, Number(values.plain))
    const ours = await measureOurs(database, Number(values.count))
    const full = values.full ? await measureFull(database) : undefined
    report({ ours, plain, full })
    return 0
  } finally {
    await database.stop()
  }
}

async function measureOurs(database: BenchDatabase, count: number): Promise<number> {
  await plant(database.db, { count, state: 'QUEUED' })
  await tidyUp(database.db)
  return rate(database, count, await drainOurs(database, count))
}

async function measurePlain(database: BenchDatabase, count: number): Promise<number> {
  await plant(database.db, { count, state: 'QUEUED' })
  await tidyUp(database.db)
  return rate(database, count, await drainPlain(database))
}

async function measureFull(database: BenchDatabase): Promise<number> {
  console.log(`planting ${FULL.history} rows of history ...`)
  await plant(database.db, { count: FULL.history, state: 'SENT' })
  return measureOurs(database, FULL.queued)
}

/** @throws when a message is not SENT: one that was skipped is not fast */
async function rate({ db }: BenchDatabase, count: number, seconds: number): Promise<number> {
  const { rows } = await sql<{ open: number }>`
    select count(*) as open from delivery where state in ('QUEUED', 'SENDING')`.execute(db)
  if (rows[0]?.open !== 0) throw new Error(`${rows[0]?.open} messages were not sent`)
  return Math.round(count / seconds)
}

function report({ ours, plain, full }: { ours: number; plain: number; full: number | undefined }): void {
  const ratio = (a: number, b: number) => Math.round((a / b) * 100) / 100
  console.table({ ours, plain, ...(full === undefined ? {} : { 'ours, full': full }) })
  console.log(
    `BENCH ${JSON.stringify({
      name: 'drain',
      unit: 'messages/s',
      ours,
      baselines: { rowAtATime: plain, ...(full === undefined ? {} : { withMillionRows: full }) },
      ratios: {
        rowAtATime: ratio(ours, plain),
        ...(full === undefined ? {} : { fullToEmpty: ratio(full, ours) }),
      },
      notes: `${CONCURRENCY} on their way at once; every message with its attempt, history, timeline, audit entry and events`,
    })}`,
  )
}
