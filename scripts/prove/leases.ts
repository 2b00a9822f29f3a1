import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createLogger } from '@carteiro/runtime/logger'
import { quietLibsignal } from '@carteiro/simulation/quiet-libsignal'
import type { BrokerProcess } from './leases/broker-process.ts'
import {
  type Instance,
  linkInstances,
  planInstances,
  readShares,
  untilShared,
  untilSo,
} from './leases/instances.ts'
import { report, type Step } from './leases/report.ts'
import { startTraffic } from './leases/traffic.ts'
import { type Overlap, readStrangers, watchSockets, watchWrites } from './leases/watch.ts'
import { type World, withWorld } from './leases/world.ts'

const OPTIONS = {
  instances: { type: 'string', default: '30' },
  brokers: { type: 'string', default: '3' },
  /** Seconds for which a broker sleeps (SIGSTOP). */
  pause: { type: 'string', default: '40' },
  /** How much longer than promised things may take, on a machine that has more to do. */
  patience: { type: 'string', default: '1' },
  /** Of the whole run; it is over long before. */
  seconds: { type: 'string', default: '900' },
  /** Leaves the processes' logs. */
  keep: { type: 'boolean', default: false },
} as const

/** What a killed broker held is open elsewhere. */
const TAKEN_OVER_MS = 25_000
/** What a stopped one held is free. */
const HANDED_OVER_MS = 3_000

/**
 * Brokers share the instances, as real processes on one PostgreSQL: one joins, is killed, sleeps and wakes, stops. All
 * the while customers write and messages are sent.
 *
 * @returns 0 when each instance was open elsewhere in time and never twice, and nothing was lost, doubled or written
 *   by a broker that did not hold it
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const print = console.log.bind(console)
  quietLibsignal(createLogger('prove', 'silent'))
  const all = planInstances(Number(values.instances))
  const names = ['one', 'two', 'three', 'four'].slice(0, Number(values.brokers))
  return await withWorld({ keep: values.keep, print }, async (world) => {
    const overlaps = watchSockets(world.simulator)
    await watchWrites(world.database)
    const one = await world.start('one')
    await linkInstances(world, one, all)
    const traffic = startTraffic(world, all)
    const steps = await takeSteps(
      { world, all, names, overlaps, print },
      { pauseMs: Number(values.pause) * 1_000, patience: Number(values.patience) },
    )
    const outcome = await traffic.stop()
    return report(
      { instances: all.length, brokers: names.length },
      steps,
      {
        ...outcome,
        strangers: await readStrangers(world.database),
      },
      print,
    )
  })
}

interface Scene {
  world: World
  all: Instance[]
  names: string[]
  overlaps: Overlap[]
  print: (line: string) => void
}

async function takeSteps(
  scene: Scene,
  { pauseMs, patience }: { pauseMs: number; patience: number },
): Promise<Step[]> {
  const { world, all, names, overlaps, print } = scene
  const others = names.filter((id) => id !== 'two')
  const steps: Step[] = []
  const step = async (
    what: string,
    limitMs: number | undefined,
    act: () => Promise<number>,
    mayOverlap = 0,
  ) => {
    const before = overlaps.length
    const ms = await act()
    const made: Step = {
      what,
      ms,
      limitMs: limitMs && limitMs * patience,
      overlaps: overlaps.length - before,
      mayOverlap,
    }
    steps.push(made)
    print(`${what}: ${ms} ms${made.overlaps > 0 ? `, ${made.overlaps} opened twice` : ''}`)
  }
  let two: BrokerProcess | undefined
  const startTwo = async () => {
    two = await world.start('two')
    return await untilShared(world, names, all)
  }
  const signal = (name: NodeJS.Signals) => two?.signal(name)

  await step('the others joined', undefined, async () => {
    for (const id of others.slice(1)) await world.start(id)
    return await startTwo()
  })
  await step('one was killed, the others opened what it held', TAKEN_OVER_MS, async () => {
    setAlive(two, false)
    signal('SIGKILL')
    return await untilShared(world, others, all)
  })
  await step('it came back', undefined, startTwo)
  const asleep = (await readShares(world)).held.two ?? 0
  await step(
    'one fell asleep, the others opened what it held',
    TAKEN_OVER_MS,
    async () => {
      setAlive(two, false)
      signal('SIGSTOP')
      const ms = await untilShared(world, others, all)
      await sleep(Math.max(0, pauseMs - ms))
      return ms
    },
    // Its sockets are still there, as the kernel keeps them: WhatsApp ends each when the next one is in.
    asleep,
  )
  // What the others had not opened yet while it slept.
  const left = asleep - (steps.at(-1)?.overlaps ?? 0)
  await step(
    'it woke, and took its share again',
    undefined,
    async () => {
      signal('SIGCONT')
      const ms = await untilShared(world, names, all)
      setAlive(two, true)
      return ms
    },
    left,
  )
  await step('one was stopped, what it held was free', HANDED_OVER_MS, async () => {
    setAlive(two, false)
    signal('SIGTERM')
    return await untilSo(async () => (await readShares(world)).held.two === undefined, 'given up by two')
  })
  await step('and open elsewhere', undefined, () => untilShared(world, others, all))
  await two?.ended
  return steps
}

function setAlive(broker: BrokerProcess | undefined, alive: boolean): void {
  if (broker) broker.alive = alive
}
