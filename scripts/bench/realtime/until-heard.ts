import { setTimeout as sleep } from 'node:timers/promises'

const LIMIT_MS = 60_000

/** @throws when it is not heard in a minute */
export async function untilHeard({ heard }: { heard(): number }, count: number): Promise<void> {
  for (const until = Date.now() + LIMIT_MS; heard() < count; await sleep(20)) {
    if (Date.now() > until) throw new Error(`${heard()} of ${count} were heard`)
  }
}
