import { parseArgs } from 'node:util'
import { CONCURRENCY, drainOurs, drainPlain } from './outbox/drain-ways.ts'
import { plant, tidyUp } from './outbox/plant.ts'
import { type BenchDatabase, startDatabases } from './outbox/start-database.ts'

const FULL = { history: 1_000_000, queued: 200_000 }
const ROUNDS = 3

/**
 * How fast a full outbox empties, from QUEUED to SENT with everything that is told of it, where the channel answers at
 * once: the worker's own dispatcher, beside one claim and one settlement a message at the same concurrency. With
 * `--full` also from 200,000 that wait among a million rows of history. They take turns, so that a machine that changes
 * its mind changes it for all.
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '10000' },
      plain: { type: 'string', default: '2000' },
      full: { type: 'boolean', default: false },
    },
  })
  console.log('starting PostgreSQL ...')
  const { databases, stop } = await startDatabases(['carteiro_empty', 'carteiro_full'])
  try {
    const [empty, full] = databases
    if (!empty || !full) throw new Error('no databases were made')
    if (values.full) await fill(full)
    // Connections, plans and code are warm then.
    await measureOurs(empty, 2_000)
    const rates: Rates = { ours: [], plain: [], full: [] }
    for (let round = 0; round < ROUNDS; round++) {
      rates.plain.push(await measurePlain(empty, Number(values.plain)))
      rates.ours.push(await measureOurs(empty, Number(values.count)))
      if (values.full)
        rates.full.push(rate(Number(values.count), await drainOurs(full, Number(values.count))))
    }
    report(rates)
    return 0
  } finally {
    await stop()
  }
}

type Database = Omit<BenchDatabase, 'stop'>
type Rates = Record<'ours' | 'plain' | 'full', number[]>

async function fill({ db }: Database): Promise<void> {
  console.log(`planting ${FULL.history} rows of history, and ${FULL.queued} that wait ...`)
  await plant(db, { count: FULL.history, state: 'SENT' })
  await plant(db, { count: FULL.queued, state: 'QUEUED' })
  await tidyUp(db)
}

async function measureOurs(database: Database, count: number): Promise<number> {
  await plant(database.db, { count, state: 'QUEUED' })
  await tidyUp(database.db)
  return rate(count, await drainOurs(database, count))
}

async function measurePlain(database: Database, count: number): Promise<number> {
  await plant(database.db, { count, state: 'QUEUED' })
  await tidyUp(database.db)
  return rate(count, await drainPlain(database, count))
}

const rate = (count: number, seconds: number): number => Math.round(count / seconds)

/** The round in the middle. */
const median = (rates: number[]): number => rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)] ?? 0

function report(rates: Rates): void {
  console.table(rates)
  const [ours, plain, full] = [median(rates.ours), median(rates.plain), median(rates.full)]
  const ratio = (a: number, b: number) => Math.round((a / b) * 100) / 100
  console.log(
    `BENCH ${JSON.stringify({
      name: 'drain',
      unit: 'messages/s',
      ours,
      baselines: { rowAtATime: plain, ...(full > 0 ? { amongMillionRows: full } : {}) },
      ratios: { rowAtATime: ratio(ours, plain), ...(full > 0 ? { fullToEmpty: ratio(full, ours) } : {}) },
      notes: `${CONCURRENCY} on their way at once, median of ${ROUNDS} rounds; every message with its attempt, history, timeline, audit entry and events`,
    })}`,
  )
}
