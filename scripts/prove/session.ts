import { parseArgs } from 'node:util'
import { createApiClient } from '../stack/api-client.ts'
import type { Stack } from '../stack/start-stack.ts'
import { connectTo } from './parts/connect-to.ts'
import { settleDown } from './parts/settle-down.ts'
import { withStack } from './parts/with-stack.ts'
import { WORKER_ENV } from './parts/worker-environment.ts'
import { makeChats } from './session/chats.ts'
import { comeToRest } from './session/come-to-rest.ts'
import { judgeInbound } from './session/judge-inbound.ts'
import { judgeOutbound } from './session/judge-outbound.ts'
import { judgeSessions } from './session/judge-sessions.ts'
import { linkAccounts } from './session/link-accounts.ts'
import { planInbound } from './session/plan-inbound.ts'
import { planOutbound } from './session/plan-outbound.ts'
import { queueOutbound } from './session/queue-outbound.ts'
import { readDeliveries, readStored } from './session/read-database.ts'
import { readPhones } from './session/read-phones.ts'
import { type Faults, type Proved, report } from './session/report.ts'
import { CUTS, strikeAtRandom } from './session/strike-at-random.ts'
import { writeInbound } from './session/write-inbound.ts'

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  /** Each way. */
  messages: { type: 'string', default: '500' },
  /** With one customer each, of each of the two accounts; and a group. */
  chats: { type: 'string', default: '10' },
  cuts: { type: 'string', default: '50' },
  /** Of the broker, by SIGKILL. */
  kills: { type: 'string', default: '20' },
  /** Ways in which connections are cut, separated by commas. */
  ways: { type: 'string', default: CUTS.join() },
  seconds: { type: 'string', default: '900' },
  /** Leaves the processes' logs. */
  keep: { type: 'boolean', default: false },
} as const

/** Connections that are dead are given up soon, which would make it a proof of patience otherwise. */
const BROKER_ENV = { WHATSAPP_SILENCE_MS: '4000', WHATSAPP_PROBE_MS: '2000' }

/** Of the run's time: what is left is for coming to rest. */
const STRIKING = 0.8
/** Longer than a connection that is dead is taken for alive, and than a worker's claim. */
const PATIENCE_MS = 60_000

interface Plan {
  seed: number
  messages: number
  chats: number
  cuts: number
  ways: string[]
  kills: number
  /** Milliseconds since 1970, as `deadline`. */
  strikeUntil: number
  deadline: number
}

/**
 * Two WhatsApp sessions, one linked by QR code and one by pairing code, with messages of every kind both ways, while
 * their connections are cut and their broker is killed at random: nothing is lost, doubled or overtaken, every receipt
 * arrives, and no phone has to link again.
 *
 * @returns 0 when every promise held
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const ms = Number(values.seconds) * 1_000
  const env = { worker: WORKER_ENV, broker: BROKER_ENV }
  return withStack({ simulator: true, keep: values.keep, env }, async (stack) => {
    const plan = {
      seed: Number(values.seed),
      messages: Number(values.messages),
      chats: Number(values.chats),
      cuts: Number(values.cuts),
      ways: values.ways.split(','),
      kills: Number(values.kills),
      strikeUntil: Date.now() + ms * STRIKING,
      deadline: Date.now() + ms,
    }
    return report({ seed: plan.seed, strikes: plan.cuts + plan.kills }, await proveOn(stack, plan))
  })
}

async function proveOn(stack: Stack, plan: Plan): Promise<Proved> {
  const api = createApiClient(stack.urls.api, stack.apiKey)
  const simulator = createApiClient(stack.urls.simulator ?? '')
  const accounts = await linkAccounts(stack, api, simulator)
  const chats = await makeChats(simulator, accounts, plan)
  const inbound = planInbound({ ...plan, chats })
  const since = new Date()

  let progress = 0
  const strikes = plan.cuts + plan.kills
  const ways = CUTS.filter((way) => plan.ways.includes(way))
  const struck = strikeAtRandom({ stack, simulator, accounts }, { ...plan, ways }, (made) => {
    progress = made / strikes
  }).finally(() => {
    progress = 1
  })
  const pacing = { progress: () => progress, signal: AbortSignal.timeout(plan.deadline - Date.now()) }
  const [made, , queued] = await Promise.all([
    struck,
    writeInbound(simulator, pacing, inbound.written),
    queueOutbound(api, pacing, planOutbound({ ...plan, chats })),
  ])
  const database = await connectTo(stack)
  try {
    await settleDown(database, plan.deadline)
    const judge = async (): Promise<Faults> => ({
      ...judgeInbound(inbound.expected, await readStored(database)),
      ...judgeOutbound(queued, await readDeliveries(database), await readPhones(simulator, chats)),
      ...(await judgeSessions({ simulator, database, accounts }, since)),
    })
    const faults = await comeToRest(judge, { deadline: plan.deadline, patienceMs: PATIENCE_MS })
    return { faults, strikes: made, written: countKinds(inbound.written), queued: countKinds(queued) }
  } finally {
    await database.end()
  }
}

function countKinds(messages: { kind: string }[][]): Record<string, number> {
  const byKind = Map.groupBy(messages.flat(), ({ kind }) => kind)
  return Object.fromEntries([...byKind].map(([kind, list]) => [kind, list.length]))
}
