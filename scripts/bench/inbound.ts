import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { FULL, fill } from './inbound/fill.ts'
import { CONCURRENCY, type Contender, measure } from './inbound/measure.ts'
import { ours } from './inbound/ours.ts'
import { plain } from './inbound/plain.ts'
import { startDatabases } from './inbound/start-database.ts'

const ROUNDS = 9
/** The plain way takes so much longer that it is given fewer envelopes. */
const PLAIN_SHARE = 1 / 8

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
    if (values.full) {
      console.log(`filling in ${FULL.messages} messages of ${FULL.tickets} tickets ...`)
      await fill(databases.full)
      contenders.oursFull = ours(databases.full)
    }
    contenders.plain = await plain(databases.empty)
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

function median(numbers: number[]): number {
  const middle = numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
  if (middle === undefined) throw new Error('nothing was measured')
  return middle
}

const rounded = (number: number): number => Math.round(number * 100) / 100

/** Round by round, as these two follow one another at once: the machine's moods cancel out. */
const fullToEmpty = (empty: number[], full: number[]): number =>
  rounded(median(full.map((rate, round) => rate / (empty[round] ?? Number.NaN))))

function report(count: number, rates: Record<string, number[]>): void {
  const { ours: empty = [], plain: plainWay = [], oursFull: full } = rates
  const grown = full ? { full: median(full), fullToEmpty: fullToEmpty(empty, full) } : {}
  const how = `queue to stored, ${count} envelopes of 400 new chats, ${CONCURRENCY} at once, median of ${ROUNDS} rounds`
  console.log(
    `BENCH ${JSON.stringify({
      name: 'inbound',
      unit: 'envelopes/s',
      ours: median(empty),
      baselines: { plain: median(plainWay) },
      ratios: { plain: rounded(median(empty) / median(plainWay)) },
      latencyMs: null,
      notes: { how, ...grown },
    })}`,
  )
}
