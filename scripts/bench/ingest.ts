import { parseArgs } from 'node:util'
import { startContenders } from './ingest/contenders.ts'
import { type Measured, measure } from './ingest/measure.ts'

const ROUNDS = 3
/** Until the code is compiled: a server that runs for months is not measured by its first second. */
const WARM_UP_SECONDS = 5

/**
 * The webhook (verified, parsed, committed to the queue) beside a bare Fastify route that validates and inserts one
 * row a request, and beside one `boss.send` a request: same machine, same PostgreSQL, same bodies, 64 connections.
 * The three take turns, so that a machine that changes its mind changes it for all. `--processes 2` runs two of each,
 * as a host with two cores does.
 */
export async function run(args: string[]): Promise<number> {
  const { seconds, processes } = readOptions(args)
  console.log('starting PostgreSQL, the api and the two plain servers ...')
  const contenders = await startContenders(processes)
  try {
    const rounds: Record<string, Measured[]> = {}
    for (const name of contenders.names)
      await measure(contenders.target(name), { seconds: WARM_UP_SECONDS, round: 'warm-up' })
    for (let round = 1; round <= ROUNDS; round++) {
      for (const name of contenders.names) {
        const result = await measure(contenders.target(name), {
          seconds,
          round: `${round}`,
        })
        rounds[name] = [...(rounds[name] ?? []), result]
      }
    }
    const medians = Object.entries(rounds).map(([name, results]) => [name, median(results)] as const)
    report(Object.fromEntries(medians), processes)
    return 0
  } finally {
    await contenders.stop()
  }
}

function readOptions(args: string[]): { seconds: number; processes: number } {
  const options = {
    seconds: { type: 'string', default: '4' },
    processes: { type: 'string', default: '1' },
  } as const
  const { values } = parseArgs({ args, options })
  return { seconds: Number(values.seconds), processes: Number(values.processes) }
}

/** The round whose rate is in the middle. */
function median(results: Measured[]): Measured {
  const sorted = results.toSorted((a, b) => a.perSecond - b.perSecond)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (!middle) throw new Error('nothing was measured')
  return middle
}

function report(results: Record<string, Measured>, processes: number): void {
  console.table(results)
  const { ours, ...plain } = results
  if (!ours) throw new Error('the webhook was not measured')
  const ratio = (baseline: Measured) => Math.round((ours.perSecond / baseline.perSecond) * 100) / 100
  console.log(
    `BENCH ${JSON.stringify({
      name: 'ingest',
      unit: 'requests/s',
      ours: ours.perSecond,
      baselines: Object.fromEntries(Object.entries(plain).map(([name, { perSecond }]) => [name, perSecond])),
      ratios: Object.fromEntries(Object.entries(plain).map(([name, result]) => [name, ratio(result)])),
      latencyMs: { p50: ours.p50, p95: ours.p95, p99: ours.p99 },
      notes: `64 connections, ${processes} process(es) each, median of ${ROUNDS} rounds, every answer after its commit`,
    })}`,
  )
}
