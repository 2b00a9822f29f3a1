import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MS = 1_000

/**
 * Judges again and again: what waits for a retry is no fault yet. Ends when all is well, when nothing has changed for
 * a while, or at the deadline.
 */
export async function comeToRest<Faults extends Record<keyof Faults, string[]>>(
  judge: () => Promise<Faults>,
  { deadline, patienceMs }: { deadline: number; patienceMs: number },
): Promise<Faults> {
  let faults = await judge()
  let changedAt = Date.now()
  while (!isWell(faults) && Date.now() < deadline && Date.now() - changedAt < patienceMs) {
    await sleep(LOOK_MS)
    const next = await judge()
    if (JSON.stringify(next) !== JSON.stringify(faults)) changedAt = Date.now()
    faults = next
  }
  return faults
}

export const isWell = (faults: object): boolean => Object.values(faults).every((cases) => cases.length === 0)
