import { parseArgs } from 'node:util'
import { startQueue } from '@carteiro/queue/queue'
import { createLogger } from '@carteiro/runtime/logger'
import { FULL, fill } from './inbound/fill.ts'
import { CONCURRENCY, type Contender, measure } from './inbound/measure.ts'
import { ours } from './inbound/ours.ts'
import { plain } from './inbound/plain.ts'
import { type BenchDatabase, startDatabase } from './inbound/start-database.ts'

const ROUNDS = 3

/**
 * From the queue to what is stored (contact, ticket, message, timeline, event): the worker's batches beside a
 * transaction for each envelope, on one PostgreSQL, two at once. They take turns. Then the worker alone once more, in
 * a database that has a million messages (`--no-full` leaves this out).
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { count: { type: 'string', default: '8000' }, full: { type: 'boolean', default: true } },
    allowNegative: true,
  })
  const count = Number(values.count)
  console.log('starting PostgreSQL ...')
  const database = await startDatabase()
  const { connection, url } = database
  const queue = await startQueue({ connection, url, logger: createLogger('bench', 'error'), role: 'worker' })
  const [way, plainWay] = [ours(database, queue), await plain(database, queue)]
  try {
    const empty = await takeTurns(database, { ours: way, plain: plainWay }, count)
    console.table(empty)
    let full: Record<string, number[]> = {}
    if (values.full) {
      console.log(`filling in ${FULL.messages} messages of ${FULL.tickets} tickets ...`)
      await fill(database)
      full = await takeTurns(database, { ours: way }, count)
      console.table({ 'ours, full': full.ours })
    }
    report(count, empty, full)
    return 0
  } finally {
    await way.stop()
    await plainWay.stop()
    await queue.stop()
    await database.stop()
  }
}

/** A round to warm up, then the rounds that count, in turn. @returns envelopes a second, of each round */
async function takeTurns(
  database: BenchDatabase,
  contenders: Record<string, Contender>,
  count: number,
): Promise<Record<string, number[]>> {
  const rates: Record<string, number[]> = {}
  for (const contender of Object.values(contenders)) await measure(database, contender, Math.ceil(count / 4))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, contender] of Object.entries(contenders)) {
      rates[name] = [...(rates[name] ?? []), await measure(database, contender, count)]
    }
  }
  return rates
}

function median(rates: number[] | undefined): number {
  const middle = rates?.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)]
  if (middle === undefined) throw new Error('nothing was measured')
  return middle
}

const ratio = (one: number, other: number): number => Math.round((one / other) * 100) / 100

function report(count: number, empty: Record<string, number[]>, full: Record<string, number[]>): void {
  const [worker, plainWay] = [median(empty.ours), median(empty.plain)]
  const grown = full.ours ? { full: median(full.ours), fullToEmpty: ratio(median(full.ours), worker) } : {}
  console.log(
    `BENCH ${JSON.stringify({
      name: 'inbound',
      unit: 'envelopes/s',
      ours: worker,
      baselines: { plain: plainWay },
      ratios: { plain: ratio(worker, plainWay) },
      latencyMs: null,
      notes: {
        ...grown,
        how: `from queue to stored, ${count} envelopes of 400 new chats, ${CONCURRENCY} at once, median of ${ROUNDS} rounds`,
      },
    })}`,
  )
}
