import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { PACE_OFF } from '@carteiro/domain/outbox/settings'
import { createApiClient } from '../stack/api-client.ts'
import type { Stack } from '../stack/start-stack.ts'
import { type CuttingRelay, startCuttingRelay } from './gateway/cutting-relay.ts'
import { type PullingBroker, startPullingBroker } from './gateway/pulling-broker.ts'
import { type Accepted, countOpen, type Faults, judge } from './gateway/verdict.ts'
import { chance } from './outbox/chance.ts'
import { changeInstance } from './parts/change-instance.ts'
import { shuffled } from './parts/shuffled.ts'
import { untilAnswered } from './parts/until-answered.ts'
import { withStack } from './parts/with-stack.ts'
import { WORKER_ENV } from './parts/worker-environment.ts'

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  messages: { type: 'string', default: '2000' },
  recipients: { type: 'string', default: '100' },
  cuts: { type: 'string', default: '60' },
  kills: { type: 'string', default: '30' },
  seconds: { type: 'string', default: '600' },
} as const

const INSTANCES = ['pulled-1', 'pulled-2']
/** Of the run's time: what is left is for coming to rest. */
const STRIKING = 0.6
const BETWEEN_MS = 1_500
const LOOK_MS = 250
/** A confirmation that is held comes soon, as long as messages are written. */
const HELD_MS = 10_000
/** What is not acknowledged in time is offered again after 30 s; what is, comes back sooner than in a day's work. */
const API_ENV = { OUTBOX_CLAIM_SECONDS: '30', RATE_LIMIT_PER_MINUTE: '0' }

interface Plan {
  seed: number
  messages: number
  recipients: number
  cuts: number
  kills: number
  /** Milliseconds since 1970. */
  strikeUntil: number
  deadline: number
}

interface Scene {
  stack: Stack
  brokers: PullingBroker[]
  relays: CuttingRelay[]
}

type Strike = 'cut' | 'kill api' | 'kill broker' | 'kill broker before its confirmation'

/**
 * Messages through two brokers that take them from the gateway, while their streams are cut and they and the API are
 * killed by SIGKILL at random, also between WhatsApp's acknowledgement and the confirmation: each shows once, in order,
 * and is confirmed.
 *
 * @returns 0 when every promise held
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const ms = Number(values.seconds) * 1_000
  const plan: Plan = {
    seed: Number(values.seed),
    messages: Number(values.messages),
    recipients: Number(values.recipients),
    cuts: Number(values.cuts),
    kills: Number(values.kills),
    strikeUntil: Date.now() + ms * STRIKING,
    deadline: Date.now() + ms,
  }
  return withStack({ simulator: true, env: { worker: WORKER_ENV, api: API_ENV } }, async (stack) => {
    const scene: Scene = { stack, brokers: [], relays: [] }
    try {
      return await proveOn(scene, plan)
    } finally {
      await Promise.all(scene.brokers.map(({ process }) => process.stop()))
      await Promise.all(scene.relays.map((relay) => relay.close()))
    }
  })
}

async function proveOn(scene: Scene, plan: Plan): Promise<number> {
  const { stack, brokers, relays } = scene
  const api = createApiClient(stack.urls.api, stack.apiKey)
  for (const [index, instanceId] of INSTANCES.entries()) {
    const relay = await startCuttingRelay(stack.urls.api)
    relays.push(relay)
    const named = { name: `pulling_${index + 1}`, instanceId, phone: `551190000001${index}` }
    brokers.push(await startPullingBroker(stack, { ...named, gatewayUrl: relay.url }))
    await changeInstance(api, instanceId, PACE_OFF)
  }
  console.log(
    `${plan.messages} messages to ${plan.recipients} recipients by ${INSTANCES.length} pulling brokers`,
  )
  const signal = AbortSignal.timeout(plan.deadline - Date.now())
  let done = 0
  const striking = strikeAtRandom(scene, plan, (share) => {
    done = share
  }).finally(() => {
    done = 1
  })
  const [strikes, accepted] = await Promise.all([striking, write(stack, plan, signal, () => done)])
  const databases = { gateway: stack.databaseUrl, brokers: brokers.map(({ databaseUrl }) => databaseUrl) }
  while (Date.now() < plan.deadline && (await countOpen(databases)) > 0) await sleep(LOOK_MS)
  const faults = await judge(accepted, createApiClient(stack.urls.simulator ?? ''), databases)
  return report({ accepted, strikes, relays, faults, plan })
}

/** One writer for each recipient, so that the order of acceptance is known; spread over the strikes. */
async function write(
  { urls, apiKey }: Stack,
  { messages, recipients }: Plan,
  signal: AbortSignal,
  progress: () => number,
): Promise<Accepted[]> {
  const api = createApiClient(urls.api, apiKey)
  const each = Math.ceil(messages / recipients)
  const writers = Array.from({ length: recipients }, async (_, recipient) => {
    const phone = `55119700${String(recipient).padStart(5, '0')}`
    const accepted: Accepted[] = []
    for (let n = 0; n < each; n++) {
      while (progress() < n / each) await sleep(LOOK_MS, undefined, { signal })
      const text = `message ${n} to ${recipient}`
      const instanceId = INSTANCES[recipient % INSTANCES.length]
      const body = { instanceId, to: `+${phone}`, text, idempotencyKey: text }
      const answer = await untilAnswered(
        () => api.post('/api/v1/outbound/messages', body),
        (status) => status === 200 || status === 201,
        signal,
      )
      accepted.push({ id: answer.body.id, phone, text })
    }
    return accepted
  })
  return (await Promise.all(writers)).flat()
}

async function strikeAtRandom(
  scene: Scene,
  { seed, cuts, kills, strikeUntil }: Plan,
  made: (share: number) => void,
): Promise<Strike[]> {
  const ways: Strike[] = ['kill api', 'kill broker', 'kill broker before its confirmation']
  const strikes = shuffled<Strike>(
    [
      ...Array.from({ length: cuts }, () => 'cut' as const),
      ...Array.from({ length: kills }, (_, index) => ways[index % ways.length] ?? 'kill api'),
    ],
    seed,
  )
  const struck: Strike[] = []
  for (const [index, strike] of strikes.entries()) {
    if (Date.now() > strikeUntil) break
    await sleep(chance(seed, `strike ${index}`) * BETWEEN_MS)
    await strikeOnce(scene, strike, Math.floor(chance(seed, `which ${index}`) * scene.relays.length))
    struck.push(strike)
    made((index + 1) / strikes.length)
    console.log(`${String(index + 1).padStart(5)}/${strikes.length}  ${strike}`)
  }
  return struck
}

async function strikeOnce({ stack, brokers, relays }: Scene, strike: Strike, which: number): Promise<void> {
  const [broker, relay] = [brokers[which], relays[which]]
  if (!broker || !relay) return
  switch (strike) {
    case 'cut':
      return relay.cut()
    case 'kill api':
      return stack.processes.api.kill('SIGKILL')
    case 'kill broker':
      return broker.process.kill('SIGKILL')
    case 'kill broker before its confirmation': {
      const { promise, resolve } = Promise.withResolvers<void>()
      relay.holdConfirm(() => {
        broker.process.kill('SIGKILL')
        resolve()
      })
      return Promise.race([promise, sleep(HELD_MS)])
    }
    default:
      return strike satisfies never
  }
}

interface Proved {
  accepted: Accepted[]
  strikes: Strike[]
  relays: CuttingRelay[]
  faults: Faults
  plan: Plan
}

function report({ accepted, strikes, relays, faults, plan }: Proved): number {
  const offers = relays.flatMap((relay) => [...relay.offers.values()])
  const again = offers.filter((count) => count > 1).length
  const byStrike = Object.fromEntries(
    [...new Set(strikes)].map((one) => [one, strikes.filter((s) => s === one).length]),
  )
  console.table(byStrike)
  const numbers = Object.fromEntries(Object.entries(faults).map(([name, list]) => [name, list.length]))
  console.table({ accepted: accepted.length, 'offered more than once': again, ...numbers })
  for (const [name, list] of Object.entries(faults)) {
    for (const one of list.slice(0, 20)) console.log(`${name}: ${one}`)
  }
  const holds = Object.values(faults).every((list) => list.length === 0) && accepted.length >= plan.messages
  const result = {
    name: 'gateway',
    holds,
    accepted: accepted.length,
    offeredAgain: again,
    strikes: byStrike,
    ...numbers,
  }
  console.log(`PROVE ${JSON.stringify(result)}`)
  return holds ? 0 : 1
}
