import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../../stack/api-client.ts'
import { findServer } from '../../stack/server-left-behind.ts'
import type { Stack } from '../../stack/start-stack.ts'
import { measureRecovery } from '../parts/recovery.ts'
import { shuffled } from '../parts/shuffled.ts'
import { chance } from './chance.ts'

export const VICTIMS = ['worker', 'broker', 'api', 'postgres'] as const
type Victim = (typeof VICTIMS)[number]

/** One death, or up to three, the next while the one before is being recovered from. */
export interface Strike {
  victims: Victim[]
  /** From the last death until a new message goes all the way. */
  recoveryMs: number
}

export interface KillPlan {
  seed: number
  kills: number
  /** Milliseconds since 1970. */
  killUntil: number
}

const BETWEEN_MS = 1_000
const NEXT_WITHIN_MS = 3_000
const MOST_AT_ONCE = 3
const LOOK_MS = 10

/**
 * Kills worker, broker, API and PostgreSQL by SIGKILL, each as often, at times and in an order that the seed decides.
 *
 * @param made told after each kill how many there were
 */
export async function killAtRandom(
  { stack, api, dataDirectory }: { stack: Stack; api: ApiClient; dataDirectory: string },
  { seed, kills, killUntil }: KillPlan,
  made: (kills: number) => void,
): Promise<Strike[]> {
  const victims = shuffled(
    Array.from({ length: kills }, (_, index) => VICTIMS[index % VICTIMS.length] ?? 'worker'),
    seed,
  )
  const strikes: Strike[] = []
  for (let next = 0; next < victims.length && Date.now() < killUntil; ) {
    const size = 1 + Math.floor(chance(seed, `kill ${next} size`) * MOST_AT_ONCE)
    const struck = victims.slice(next, next + size)
    for (const [index, victim] of struck.entries()) {
      await sleep(chance(seed, `kill ${next + index}`) * (index === 0 ? BETWEEN_MS : NEXT_WITHIN_MS))
      await kill(stack, dataDirectory, victim)
      made(next + index + 1)
    }
    next += struck.length
    strikes.push({ victims: struck, recoveryMs: await measureRecovery(api) })
    tell(`${next}/${kills}`, strikes.at(-1))
  }
  return strikes
}

function tell(number: string, strike: Strike | undefined): void {
  if (!strike) return
  const who = strike.victims.join(', then ')
  console.log(
    `${number.padStart(7)}  ${who.padEnd(32)} killed, the next message was SENT after ${strike.recoveryMs} ms`,
  )
}

async function kill(stack: Stack, dataDirectory: string, victim: Victim): Promise<void> {
  if (victim === 'postgres') return killPostgres(dataDirectory)
  const { [victim]: supervised } = stack.processes
  while (supervised.pid === undefined) await sleep(LOOK_MS)
  supervised.kill('SIGKILL')
}

/** The server itself, not the process that keeps it: its backends learn of it as they do when the kernel kills it. */
async function killPostgres(dataDirectory: string): Promise<void> {
  for (;;) {
    const server = findServer(dataDirectory)
    if (server) return void process.kill(server.pid, 'SIGKILL')
    await sleep(LOOK_MS)
  }
}
