import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '../../stack/start-stack.ts'
import { waitUntilReady } from '../../stack/wait-until-ready.ts'
import { shuffled } from '../parts/shuffled.ts'

const BETWEEN_MS = 300
const READY_MS = 60_000

/** Kills the API and the worker, each so many times, in an order that the seed decides, while the load goes on. */
export async function killAtRandom(
  stack: Stack,
  { seed, kills, deadline }: { seed: number; kills: number; deadline: number },
  loadDone: () => boolean,
): Promise<{ kills: number; recoveriesMs: number[] }> {
  const names = shuffled(
    (['api', 'worker'] as const).flatMap((name) => Array.from({ length: kills }, () => name)),
    seed,
  )
  const recoveriesMs: number[] = []
  for (const name of names) {
    if (Date.now() > deadline) break
    await sleep(BETWEEN_MS)
    const killedAt = Date.now()
    const underLoad = !loadDone()
    await killAndWait(stack, name)
    recoveriesMs.push(Date.now() - killedAt)
    console.log(
      `${name.padEnd(8)} killed ${underLoad ? 'under load' : 'after the load'}, ready again after ${recoveriesMs.at(-1)} ms`,
    )
  }
  return { kills: recoveriesMs.length, recoveriesMs }
}

async function killAndWait(stack: Stack, name: 'api' | 'worker'): Promise<void> {
  const started = new Promise<void>((resolve) =>
    stack.processes[name].events.once('started', () => resolve()),
  )
  stack.processes[name].kill('SIGKILL')
  await started
  await waitUntilReady(stack.urls[name], AbortSignal.timeout(READY_MS))
}
