import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Stack, startStack } from '../stack/start-stack.ts'
import { linkMore } from './footprint/link-more.ts'
import { startAnew } from './footprint/start-anew.ts'
import { readCost } from './realtime/read-cost.ts'

const OPTIONS = {
  /** Instances of one broker, each number measured on its own, separated by commas. */
  sizes: { type: 'string', default: '1,10,50,100' },
  /** How long the broker is looked at while nothing happens. */
  idle: { type: 'string', default: '30' },
} as const

/** Until what the start left behind is done with. */
const SETTLE_MS = 10_000

interface Footprint {
  instances: number
  /** From the start of the process until all are connected. */
  startMs: number
  residentMiB: number
  cpuPercent: number
}

/**
 * What a broker costs that holds linked instances to which nothing happens: memory, processor, and how long they take
 * to be connected after it was started. Each number of instances is measured after a start of its own, as the linking
 * itself leaves memory behind.
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const sizes = values.sizes.split(',').map(Number)
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'carteiro-bench-'))
  console.log('starting PostgreSQL, api, worker, broker and simulator ...')
  const stack = await startStack({ dataDirectory, ports: 'free', simulator: true })
  try {
    report(await measureSizes(stack, sizes, Number(values.idle)))
    return 0
  } finally {
    await stack.stop()
    await rm(dataDirectory, { recursive: true, force: true })
  }
}

async function measureSizes(stack: Stack, sizes: number[], idleSeconds: number): Promise<Footprint[]> {
  const measured: Footprint[] = []
  let linked = 1
  for (const instances of sizes.toSorted((a, b) => a - b)) {
    await linkMore(stack, linked, instances)
    linked = Math.max(linked, instances)
    const startMs = await startAnew(stack, instances)
    await sleep(SETTLE_MS)
    const { kib, cpuShare } = await readCost(stack.urls.broker, idleSeconds)
    const one = { instances, startMs, residentMiB: round(kib / 1_024), cpuPercent: round(cpuShare * 100) }
    console.log(`${instances} instances: ${JSON.stringify(one)}`)
    measured.push(one)
  }
  return measured
}

function report(measured: Footprint[]): void {
  console.table(measured)
  const [first] = measured
  const last = measured.at(-1)
  if (!first || !last) throw new Error('nothing was measured')
  const more = last.instances - first.instances
  const eachMiB = more === 0 ? 0 : round((last.residentMiB - first.residentMiB) / more)
  console.log(
    `BENCH ${JSON.stringify({
      name: 'footprint',
      unit: 'MiB for each idle instance beyond the first',
      ours: eachMiB,
      notes: { ...last, residentMiBOfOne: first.residentMiB, sizes: measured },
    })}`,
  )
}

const round = (value: number): number => Math.round(value * 100) / 100
