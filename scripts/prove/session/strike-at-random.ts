import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../../stack/api-client.ts'
import type { Stack } from '../../stack/start-stack.ts'
import { chance } from '../outbox/chance.ts'
import { shuffled } from '../parts/shuffled.ts'
import { pick } from './choose.ts'
import { type Client, readClient } from './clients.ts'
import type { LinkedAccount } from './link-accounts.ts'

/** What befalls a session: its connection in four ways, or the broker as a whole. */
export const CUTS = ['clean', 'half-open', 'mid-frame', 'delayed'] as const
export const STRIKES = [...CUTS, 'kill'] as const
export type StrikeKind = (typeof STRIKES)[number]
export type Cut = (typeof CUTS)[number]

export interface Strike {
  kind: StrikeKind
  /** Until the account was connected anew; undefined where nobody waited for it, and of a line that is only slow. */
  recoveryMs: number | undefined
}

export interface StrikePlan {
  seed: number
  cuts: number
  /** The ways in which connections are cut, each as often. */
  ways: readonly Cut[]
  kills: number
  /** Milliseconds since 1970. */
  strikeUntil: number
}

interface Scene {
  stack: Stack
  simulator: ApiClient
  accounts: LinkedAccount[]
}

const BETWEEN_MS = 1_500
/** Of the strikes: nobody waits until the session has recovered from the one before. */
const IN_A_ROW = 0.4
const LATE_MS = 1_500
const LATE_FOR_MS = 3_000
const RECOVERED_MS = 120_000
const LOOK_MS = 20

/**
 * Cuts the accounts' connections and kills the broker by SIGKILL, at moments and in an order that the seed decides.
 *
 * @param made told after each strike how many there were
 */
export async function strikeAtRandom(
  scene: Scene,
  plan: StrikePlan,
  made: (strikes: number) => void,
): Promise<Strike[]> {
  const kinds: StrikeKind[] = [
    ...Array.from({ length: plan.cuts }, (_, index) =>
      pick(plan.ways, (index % plan.ways.length) / plan.ways.length),
    ),
    ...Array.from({ length: plan.kills }, () => 'kill' as const),
  ]
  const strikes: Strike[] = []
  for (const [index, kind] of shuffled(kinds, plan.seed).entries()) {
    if (Date.now() > plan.strikeUntil) break
    const dice = (label: string) => chance(plan.seed, `strike ${index} ${label}`)
    await sleep(dice('moment') * BETWEEN_MS)
    const account = pick(scene.accounts, dice('account'))
    const recoveryMs = await strike(scene, kind, { account, dice })
    strikes.push({ kind, recoveryMs })
    made(strikes.length)
    tell(`${strikes.length}/${kinds.length}`, kind, account, recoveryMs)
  }
  return strikes
}

interface Blow {
  account: LinkedAccount
  dice: (label: string) => number
}

/** A connection has to be there to be cut; the broker may die whatever it is about. */
async function strike(scene: Scene, kind: StrikeKind, { account, dice }: Blow): Promise<number | undefined> {
  const { simulator } = scene
  const { logins } =
    kind === 'kill' ? await readClient(simulator, account) : await untilConnected(simulator, account, 0)
  const startedAt = Date.now()
  if (kind === 'delayed') return await delay(simulator, account, dice)
  if (kind === 'kill') await kill(scene.stack)
  else await cut(simulator, account, kind)
  if (dice('in a row') < IN_A_ROW) return undefined
  await untilConnected(simulator, account, logins + 1)
  return Date.now() - startedAt
}

const FAULTS = { clean: 'cut', 'half-open': 'half-open', 'mid-frame': 'truncated-frame' } as const

async function cut(simulator: ApiClient, { phone }: LinkedAccount, kind: keyof typeof FAULTS): Promise<void> {
  await hurt(simulator, { phone, fault: { type: FAULTS[kind] } })
}

/** Everything that the server sends comes late for a while. */
async function delay(simulator: ApiClient, { phone }: LinkedAccount, dice: Blow['dice']): Promise<undefined> {
  const ms = 1 + Math.round(dice('late') * LATE_MS)
  const { armed } = await hurt(simulator, { phone, fault: { type: 'delay', ms } })
  await sleep(dice('late for') * LATE_FOR_MS)
  await simulator.delete(`/faults/${armed.id}`)
}

async function hurt(simulator: ApiClient, body: object) {
  const answer = await simulator.post('/faults', body)
  if (answer.status !== 202) throw new Error(`no fault was made: ${JSON.stringify(answer.body)}`)
  return answer.body
}

async function kill({ processes: { broker } }: Stack): Promise<void> {
  while (broker.pid === undefined) await sleep(LOOK_MS)
  broker.kill('SIGKILL')
}

/**
 * Gives up when it takes too long: the end of the run tells who is not there.
 *
 * @param logins at least so many, so that a connection that is dead already does not count
 */
async function untilConnected(simulator: ApiClient, account: LinkedAccount, logins: number): Promise<Client> {
  for (const deadline = Date.now() + RECOVERED_MS; ; await sleep(LOOK_MS)) {
    const client = await readClient(simulator, account)
    if ((client.connected && client.logins >= logins) || Date.now() > deadline) return client
  }
}

function tell(
  number: string,
  kind: StrikeKind,
  { instanceId }: LinkedAccount,
  recoveryMs: number | undefined,
): void {
  const whom = kind === 'kill' ? 'the broker' : instanceId
  const after = recoveryMs === undefined ? '' : `, connected again after ${recoveryMs} ms`
  console.log(`${number.padStart(7)}  ${kind.padEnd(10)} ${whom}${after}`)
}
