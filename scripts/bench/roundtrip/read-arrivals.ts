import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../../stack/api-client.ts'

const LIMIT_MS = 60_000
const LOOK_MS = 100

/**
 * What phones got, by text, with the simulator's own time of arrival (epoch milliseconds): looking late costs no
 * precision. Waits until `count` texts that start with `prefix` are there.
 */
export async function readArrivals(
  simulator: ApiClient,
  { phones, prefix, count }: { phones: string[]; prefix: string; count: number },
): Promise<Map<string, number>> {
  for (const until = Date.now() + LIMIT_MS; Date.now() < until; await sleep(LOOK_MS)) {
    const arrived = new Map<string, number>()
    for (const phone of phones) {
      const { body } = await simulator.get(`/customers/${phone}/messages`)
      for (const { text, shownAt } of body.items) {
        if (text?.startsWith(prefix)) arrived.set(text, Date.parse(shownAt))
      }
    }
    if (arrived.size >= count) return arrived
  }
  throw new Error(`fewer than ${count} messages arrived in ${LIMIT_MS} ms`)
}
