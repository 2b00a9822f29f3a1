import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type pg from 'pg'
import { createApiClient } from '../stack/api-client.ts'
import type { Stack } from '../stack/start-stack.ts'
import { publishAll } from './inbound/publish.ts'
import { connectTo } from './parts/connect-to.ts'
import { settleDown } from './parts/settle-down.ts'
import { withStack } from './parts/with-stack.ts'
import { damageTickets, plantTickets } from './reconcile/plant.ts'
import { judge, type ReconcileVerdict } from './reconcile/verdict.ts'

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  tickets: { type: 'string', default: '100000' },
  damaged: { type: 'string', default: '5' },
  messages: { type: 'string', default: '1000' },
  kills: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '300' },
} as const

const LOOK_MS = 20

interface Plan {
  seed: number
  tickets: number
  /** Of a hundred tickets. */
  damaged: number
  /** What customers write meanwhile. */
  messages: number
  kills: number
  deadline: number
}

/**
 * Tickets, some of them with wrong times, are compared with their messages while customers write and the worker is
 * killed by SIGKILL: all that are wrong are repaired and told of once, and none else is touched.
 *
 * @returns 0 when every promise held
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const plan: Plan = {
    seed: Number(values.seed),
    tickets: Number(values.tickets),
    damaged: Number(values.damaged),
    messages: Number(values.messages),
    kills: Number(values.kills),
    deadline: Date.now() + Number(values.seconds) * 1_000,
  }
  return withStack({ simulator: false }, (stack) => proveOn(stack, plan))
}

async function proveOn(stack: Stack, plan: Plan): Promise<number> {
  const database = await connectTo(stack)
  try {
    const damaged = await plantDamaged(database, stack, plan)
    console.log(`${plan.tickets} tickets, ${damaged} of them damaged`)
    const published = publishAll(stack, plan)
    const startedAt = Date.now()
    await createApiClient(stack.urls.api, stack.apiKey).post('/api/v1/timeline/reconciliation')
    const recoveriesMs = await killOnTheWay(database, stack, plan)
    await untilFinished(database, stack, plan)
    const seconds = (Date.now() - startedAt) / 1_000
    await published.chats
    await settleDown(database, plan.deadline)
    return report(plan, { recoveriesMs, damaged, seconds }, await judge(database))
  } finally {
    await database.end()
  }
}

/**
 * In one transaction: the worker compares a tenant's tickets soon after it has started, and would take tickets whose
 * messages are not there yet for wrong.
 */
async function plantDamaged(database: pg.Client, stack: Stack, plan: Plan): Promise<number> {
  await database.query('begin')
  await plantTickets(database, { ...stack, tickets: plan.tickets })
  const damaged = await damageTickets(database, { seed: plan.seed, percent: plan.damaged })
  await database.query('commit')
  return damaged
}

interface Progress {
  isFinished: boolean
  tickets: number
}

/** Of the run that was asked for. */
async function readProgress(database: pg.Client, { tenantId }: Stack): Promise<Progress> {
  const { rows } = await database.query<Progress>(
    `select coalesce(started_at >= requested_at and finished_at is not null, false) as "isFinished",
       case when started_at >= requested_at then tickets else 0 end::int as tickets
     from timeline_reconciliation where tenant_id = $1`,
    [tenantId],
  )
  return rows[0] ?? { isFinished: false, tickets: 0 }
}

/** Kills the worker when it has done its share of the tickets, so often that the shares are alike. */
async function killOnTheWay(database: pg.Client, stack: Stack, plan: Plan): Promise<number[]> {
  const recoveriesMs: number[] = []
  for (let kill = 1; kill <= plan.kills; kill++) {
    const share = (plan.tickets / (plan.kills + 1)) * kill
    const at = await untilProgress(database, stack, plan, share)
    if (at.isFinished) break
    const killedAt = Date.now()
    stack.processes.worker.kill('SIGKILL')
    await untilProgress(database, stack, plan, at.tickets + 1)
    recoveriesMs.push(Date.now() - killedAt)
    console.log(`worker killed after ${at.tickets} tickets, went on after ${recoveriesMs.at(-1)} ms`)
  }
  return recoveriesMs
}

async function untilProgress(
  database: pg.Client,
  stack: Stack,
  { deadline }: Plan,
  tickets: number,
): Promise<Progress> {
  for (;;) {
    const progress = await readProgress(database, stack)
    if (progress.isFinished || progress.tickets >= tickets || Date.now() > deadline) return progress
    await sleep(LOOK_MS)
  }
}

const untilFinished = (database: pg.Client, stack: Stack, plan: Plan) =>
  untilProgress(database, stack, plan, Number.POSITIVE_INFINITY)

function report(
  { seed, tickets, deadline }: Plan,
  { recoveriesMs, damaged, seconds }: { recoveriesMs: number[]; damaged: number; seconds: number },
  verdict: ReconcileVerdict,
): number {
  const entries = Object.entries(verdict)
  console.table(Object.fromEntries(entries.map(([promise, cases]) => [promise, { cases: cases.length }])))
  for (const [promise, cases] of entries) {
    for (const one of cases.slice(0, 10)) console.log(`${promise}: ${one}`)
  }
  const isLate = Date.now() > deadline
  const sorted = recoveriesMs.toSorted((a, b) => a - b)
  console.log(
    `PROVE ${JSON.stringify({
      ...{ name: 'reconcile', seed, messages: tickets, damaged, kills: recoveriesMs.length, seconds },
      lost: verdict.notRepaired.length + verdict.undone.length,
      duplicated: verdict.notToldOnce.length,
      touched: verdict.touched.length,
      stuck: verdict.stuck.length + (isLate ? 1 : 0),
      recoveryMs: { p50: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 },
    })}`,
  )
  return isLate || entries.some(([, cases]) => cases.length > 0) ? 1 : 0
}
