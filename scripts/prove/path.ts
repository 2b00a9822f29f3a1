import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createApiClient } from '../stack/api-client.ts'
import type { Stack } from '../stack/start-stack.ts'
import { connectTo } from './parts/connect-to.ts'
import { measureRecovery } from './parts/recovery.ts'
import { settleDown } from './parts/settle-down.ts'
import { shuffled } from './parts/shuffled.ts'
import { withStack } from './parts/with-stack.ts'
import { WORKER_ENV } from './parts/worker-environment.ts'
import { KILL_POINTS, type KillContext, type KillPoint, prepareKills } from './path/kills.ts'
import { startLoad } from './path/load.ts'
import { judge, type Verdict } from './path/verdict.ts'

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  kills: { type: 'string', default: '10' },
  /** Kill points whose names start so, separated by commas; all when left out. */
  only: { type: 'string', default: '' },
  rate: { type: 'string', default: '20' },
  recipients: { type: 'string', default: '20' },
  seconds: { type: 'string', default: '600' },
} as const

/**
 * The path of a message, with real processes killed by SIGKILL under load at each point where others lose or double
 * messages, and PostgreSQL restarted in the middle.
 *
 * @returns 0 when every promise held
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const seed = Number(values.seed)
  const deadline = Date.now() + Number(values.seconds) * 1_000
  return withStack({ simulator: true, env: { worker: WORKER_ENV } }, async (stack) => {
    const { verdict, recoveriesMs, kills } = await proveOn(stack, { ...values, seed, deadline })
    return report({ seed, kills, recoveriesMs, verdict })
  })
}

interface Plan {
  seed: number
  kills: string
  only: string
  rate: string
  recipients: string
  deadline: number
}

async function proveOn(stack: Stack, plan: Plan) {
  const api = createApiClient(stack.urls.api, stack.apiKey)
  const simulator = createApiClient(stack.urls.simulator ?? '')
  const preparing = await connectTo(stack)
  await prepareKills(preparing).finally(() => preparing.end())
  const load = startLoad({
    api,
    simulator,
    recipients: Number(plan.recipients),
    perSecond: Number(plan.rate),
  })
  const webhooks: string[] = []
  const recoveriesMs: number[] = []
  const strikes = shuffled(
    chosen(plan.only).flatMap((point) => Array.from({ length: Number(plan.kills) }, () => point)),
    plan.seed,
  )
  let done = 0
  for (const point of strikes) {
    if (Date.now() > plan.deadline) break
    if (done === Math.floor(strikes.length / 2)) recoveriesMs.push(await restartPostgres(stack, api))
    const context = { stack, api, accepted: load.accepted, webhooks }
    recoveriesMs.push(await strikeOnce(context, point, `${++done}/${strikes.length}`))
  }
  await load.stop()
  const database = await connectTo(stack)
  try {
    await settleDown(database, plan.deadline)
    const verdict = await judge({ ...load, webhooks }, simulator, database)
    return { verdict, recoveriesMs, kills: done }
  } finally {
    await database.end()
  }
}

const chosen = (only: string): readonly KillPoint[] =>
  KILL_POINTS.filter(({ name }) => only.split(',').some((start) => name.startsWith(start)))

async function strikeOnce(
  context: Omit<KillContext, 'database'>,
  point: KillPoint,
  number: string,
): Promise<number> {
  const database = await connectTo(context.stack)
  try {
    const reached = await point.strike({ ...context, database })
    const recoveryMs = await measureRecovery(context.api)
    const how = reached ? 'struck' : 'killed elsewhere'
    console.log(
      `${number.padStart(7)}  ${point.name.padEnd(30)} ${how}, the next message was SENT after ${recoveryMs} ms`,
    )
    return recoveryMs
  } finally {
    await database.end()
  }
}

async function restartPostgres(stack: Stack, api: ReturnType<typeof createApiClient>): Promise<number> {
  if (!stack.processes.postgres) return 0
  const before = restartsOf(stack)
  await stack.processes.postgres.restart()
  const recoveryMs = await measureRecovery(api)
  await sleep(1_000)
  const died = restartsOf(stack) - before
  console.log(
    `         PostgreSQL restarted: the next message was SENT after ${recoveryMs} ms, ${died} processes exited`,
  )
  if (died > 0) throw new Error('a process exited because PostgreSQL was restarted')
  return recoveryMs
}

const restartsOf = ({ processes }: Stack): number =>
  processes.api.restarts + processes.worker.restarts + processes.broker.restarts

function report(result: { seed: number; kills: number; recoveriesMs: number[]; verdict: Verdict }): number {
  const { verdict, kills, seed } = result
  const sorted = result.recoveriesMs.toSorted((a, b) => a - b)
  const broken = {
    lost: verdict.lost,
    duplicated: verdict.duplicated,
    outOfOrder: verdict.outOfOrder,
    stuck: verdict.stuck,
  }
  console.table(
    Object.fromEntries(Object.entries(broken).map(([promise, cases]) => [promise, { cases: cases.length }])),
  )
  for (const [promise, cases] of Object.entries(broken)) {
    for (const one of cases.slice(0, 10)) console.log(`${promise}: ${one}`)
  }
  console.log(
    `PROVE ${JSON.stringify({
      name: 'path',
      seed,
      messages: verdict.messages,
      kills,
      lost: verdict.lost.length,
      duplicated: verdict.duplicated.length,
      outOfOrder: verdict.outOfOrder.length,
      stuck: verdict.stuck.length,
      recoveryMs: { p50: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 },
    })}`,
  )
  return Object.values(broken).every((cases) => cases.length === 0) ? 0 : 1
}
