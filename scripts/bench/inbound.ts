import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { FULL, fill } from './inbound/fill.ts'
import { CONCURRENCY, type Contender, measure } from './inbound/measure.ts'
import { ours } from './inbound/ours.ts'
import { plain } from './inbound/plain.ts'
import { startDatabases } from './inbound/start-database.ts'

const ROUNDS = 5
/** The plain way takes so much longer that it is given fewer envelopes. */
const PLAIN_SHARE = 1 / 4

/**
 * From the queue to what is stored (contact, ticket, message, timeline, event): the worker's batches beside a
 * transaction for each envelope, and beside themselves in a database that has a million messages (`--no-full` leaves
 * this out). One PostgreSQL, two transactions at once; they take turns, so that a machine that changes its mind
 * changes it for all.
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { count: { type: 'string', default: '8000' }, full: { type: 'boolean', default: true } },
    allowNegative: true,
  })
  const count = Number(values.count)
  console.log('starting PostgreSQL ...')
  const databases = await startDatabases()
  const contenders: Record<string, Contender> = {}
  try {
    contenders.ours = ours(databases.empty)
    contenders.plain = await plain(databases.empty)
    if (values.full) {
      console.log(`filling in ${FULL.messages} messages of ${FULL.tickets} tickets ...`)
      await fill(databases.full)
      contenders.oursFull = ours(databases.full)
    }
    const rates = await takeTurns(contenders, count)
    console.table(rates)
    report(count, rates)
    return 0
  } finally {
    for (const { stop } of Object.values(contenders)) await stop()
    await databases.stop()
  }
}

/** A round to warm up, then the rounds that count. @returns envelopes a second, of each round */
async function takeTurns(
  contenders: Record<string, Contender>,
  count: number,
): Promise<Record<string, number[]>> {
  const rates: Record<string, number[]> = {}
  let turn = 0
  const take = (name: string, contender: Contender) =>
    measure(contender, name === 'plain' ? Math.ceil(count * PLAIN_SHARE) : count, ++turn)
  for (const [name, contender] of Object.entries(contenders)) {
    await take(name, contender)
    await sql`vacuum analyze`.execute(contender.db)
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, contender] of Object.entries(contenders)) {
      rates[name] = [...(rates[name] ?? []), await take(name, contender)]
    }
  }
  return rates
}

function median(rates: number[]): number {
  const middle = rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)]
  if (middle === undefined) throw new Error('nothing was measured')
  return middle
}

const ratio = (one: number, other: number): number => Math.round((one / other) * 100) / 100

function report(count: number, rates: Record<string, number[]>): void {
  const [worker, plainWay] = [median(rates.ours ?? []), median(rates.plain ?? [])]
  const full = rates.oursFull && median(rates.oursFull)
  const how = `queue to stored, ${count} envelopes of 400 new chats, ${CONCURRENCY} at once, median of ${ROUNDS} rounds`
  console.log(
    `BENCH ${JSON.stringify({
      name: 'inbound',
      unit: 'envelopes/s',
      ours: worker,
      baselines: { plain: plainWay },
      ratios: { plain: ratio(worker, plainWay) },
      latencyMs: null,
      notes: { how, ...(full ? { full, fullToEmpty: ratio(full, worker) } : {}) },
    })}`,
  )
}
