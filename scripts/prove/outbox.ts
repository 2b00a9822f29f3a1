import { parseArgs } from 'node:util'
import { PACE_OFF } from '@carteiro/domain/outbox/settings'
import { createApiClient } from '../stack/api-client.ts'
import type { Stack } from '../stack/start-stack.ts'
import { judgePhones, readPhones } from './outbox/judge-phones.ts'
import { judgeRecords } from './outbox/judge-records.ts'
import { killAtRandom } from './outbox/kill-at-random.ts'
import { planMessages } from './outbox/plan-messages.ts'
import { readEventHoles, readRecords } from './outbox/read-records.ts'
import { type Proved, report } from './outbox/report.ts'
import { retryFailed } from './outbox/retry-failed.ts'
import { writeMessages } from './outbox/write-messages.ts'
import { changeInstance } from './parts/change-instance.ts'
import { connectTo } from './parts/connect-to.ts'
import { settleDown } from './parts/settle-down.ts'
import { withStack } from './parts/with-stack.ts'
import { WORKER_ENV } from './parts/worker-environment.ts'

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  messages: { type: 'string', default: '2000' },
  recipients: { type: 'string', default: '100' },
  kills: { type: 'string', default: '40' },
  seconds: { type: 'string', default: '600' },
} as const

/** No limits, which would make it a proof of patience; three attempts, so that some use them up and are retried by hand. */
const SETTINGS = { ...PACE_OFF, outbox: { retryMinutes: [0, 0.02, 0.05] } }

/** Of the run's time: what is left is for coming to rest. */
const KILLING = 0.7

interface Plan {
  seed: number
  messages: number
  recipients: number
  kills: number
  /** Milliseconds since 1970, as `deadline`. */
  killUntil: number
  deadline: number
}

/**
 * Messages that are accepted by HTTP, scheduled, cancelled, past their end and retried by hand, while worker, broker,
 * API and PostgreSQL are killed by SIGKILL at random: each shows once and in order, and the records tell its whole way.
 *
 * @returns 0 when every promise held
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  return withStack({ simulator: true, env: { worker: WORKER_ENV } }, async (stack, dataDirectory) => {
    const ms = Number(values.seconds) * 1_000
    const plan = {
      seed: Number(values.seed),
      messages: Number(values.messages),
      recipients: Number(values.recipients),
      kills: Number(values.kills),
      killUntil: Date.now() + ms * KILLING,
      deadline: Date.now() + ms,
    }
    return report(plan, await proveOn(stack, dataDirectory, plan))
  })
}

async function proveOn(stack: Stack, dataDirectory: string, plan: Plan): Promise<Proved> {
  const api = createApiClient(stack.urls.api, stack.apiKey)
  await changeInstance(api, stack.instanceId, SETTINGS)
  const signal = AbortSignal.timeout(plan.deadline - Date.now())
  let progress = 0
  const needs = { api, signal, progress: () => progress }
  const killed = killAtRandom({ stack, api, dataDirectory }, plan, (kills) => {
    progress = kills / plan.kills
  }).finally(() => {
    progress = 1
  })
  const [strikes, written] = await Promise.all([killed, writeMessages(needs, planMessages(plan))])
  const database = await connectTo(stack)
  try {
    await settleDown(database, plan.deadline)
    const retried = await retryFailed(needs, database, written)
    await settleDown(database, plan.deadline)
    const records = await readRecords(database)
    const phones = await readPhones(createApiClient(stack.urls.simulator ?? ''), records)
    const faults = { ...judgePhones(written, records, phones), ...judgeRecords(records) }
    faults.events.push(...(await readEventHoles(database)))
    return { strikes, written, records, phones, faults, retriedAtTheEnd: retried }
  } finally {
    await database.end()
  }
}
