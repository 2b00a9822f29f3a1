import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { createKeyStore } from '@carteiro/simulation/phone/key-store'
import { createApiClient } from '../stack/api-client.ts'
import { type Stack, startStack } from '../stack/start-stack.ts'
import { openBareWay } from './broker/bare-way.ts'
import { type Load, measureRound, median, type Round } from './broker/measure.ts'
import { openOurWay } from './broker/our-way.ts'
import { openPostgresKeys } from './broker/postgres-keys.ts'
import type { Way } from './broker/way.ts'

const OPTIONS = {
  /** Of each way, in each round. */
  messages: { type: 'string', default: '300' },
  recipients: { type: 'string', default: '100' },
  concurrency: { type: 'string', default: '8' },
  rounds: { type: 'string', default: '5' },
} as const

type Ways = Record<'ours' | 'bareBaileys' | 'memoryLoop', Way>

/**
 * Messages a second through the broker's HTTP surface, each answered when WhatsApp has acknowledged it, beside the same
 * Baileys in this process with the same keys in PostgreSQL, and beside one with its keys in memory. Each way has an
 * account of its own, which has written to everybody once; the ways take turns, so that a machine that changes its mind
 * changes it for all.
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const load = {
    messages: Number(values.messages),
    concurrency: Number(values.concurrency),
    recipients: Array.from({ length: Number(values.recipients) }, (_, n) => recipientPhone(n)),
  }
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'carteiro-bench-'))
  console.log('starting PostgreSQL, api, worker, broker and simulator ...')
  const stack = await startStack({ dataDirectory, ports: 'free', simulator: true })
  try {
    report(await measureWays(stack, load, Number(values.rounds)), load)
    return 0
  } finally {
    await stack.stop()
    await rm(dataDirectory, { recursive: true, force: true })
  }
}

async function measureWays(stack: Stack, load: Load, rounds: number): Promise<Record<keyof Ways, Round>> {
  const simulatorUrl = stack.urls.simulator ?? ''
  await silence(simulatorUrl, load.recipients)
  const postgres = await openPostgresKeys(stack.databaseUrl, 'bench-bare')
  const ways: Ways = {
    ours: await openOurWay(stack, accountPhone(1), load.concurrency),
    bareBaileys: await openBareWay(simulatorUrl, accountPhone(2), postgres.keys),
    memoryLoop: await openBareWay(simulatorUrl, accountPhone(3), createKeyStore()),
  }
  const warmUp = { ...load, messages: load.recipients.length }
  const measured: Record<keyof Ways, Round[]> = { ours: [], bareBaileys: [], memoryLoop: [] }
  for (const way of Object.values(ways)) await measureRound(way, warmUp)
  for (let round = 1; round <= rounds; round++) {
    for (const name of NAMES) measured[name].push(await measureRound(ways[name], load))
    console.log(
      `${round}/${rounds}  ${NAMES.map((name) => `${name} ${measured[name].at(-1)?.perSecond}`).join(', ')} messages/s`,
    )
  }
  await Promise.all(Object.values(ways).map((way) => way.close()))
  await postgres.close()
  const { ours, bareBaileys, memoryLoop } = measured
  return { ours: median(ours), bareBaileys: median(bareBaileys), memoryLoop: median(memoryLoop) }
}

const NAMES = ['ours', 'bareBaileys', 'memoryLoop'] as const

/** Recipients confirm nothing: what is measured ends with the acknowledgement. */
async function silence(simulatorUrl: string, recipients: string[]): Promise<void> {
  const simulator = createApiClient(simulatorUrl)
  for (const phone of recipients) await simulator.patch(`/customers/${phone}`, { deliveredAfterMs: null })
}

function report(results: Record<keyof Ways, Round>, { messages, concurrency, recipients }: Load): void {
  console.table(results)
  const { ours, bareBaileys, memoryLoop } = results
  const ratio = (baseline: Round) => Math.round((ours.perSecond / baseline.perSecond) * 100) / 100
  console.log(
    `BENCH ${JSON.stringify({
      name: 'broker',
      unit: 'messages/s',
      ours: ours.perSecond,
      baselines: { bareBaileys: bareBaileys.perSecond, memoryLoop: memoryLoop.perSecond },
      ratios: { bareBaileys: ratio(bareBaileys), memoryLoop: ratio(memoryLoop) },
      latencyMs: { p50: ours.p50, p95: ours.p95, p99: ours.p99 },
      notes: `${messages} texts a round to ${recipients.length} phones, ${concurrency} at a time, each acknowledged`,
    })}`,
  )
}

const accountPhone = (n: number): string => `551199010${String(n).padStart(4, '0')}`
const recipientPhone = (n: number): string => `551198010${String(n).padStart(4, '0')}`
