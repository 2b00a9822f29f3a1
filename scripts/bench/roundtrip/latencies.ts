import { setTimeout as sleep } from 'node:timers/promises'

export interface Pace {
  count: number
  perSecond: number
}

/** Milliseconds, one for each message, each way. */
export interface Latencies {
  inbound: number[]
  outbound: number[]
}

export const latencies = ({ inbound, outbound }: Latencies): number[] => [...inbound, ...outbound]

/** p50, p95 and p99 in milliseconds, to a tenth. */
export function percentiles(values: number[]): { p50: number; p95: number; p99: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    return Math.round(value * 10) / 10
  }
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/** Starts `act` at a steady rate, whether or not the ones before have ended, and waits for all. */
export async function atRate<Result>(
  { count, perSecond }: Pace,
  act: (n: number) => Promise<Result>,
): Promise<Result[]> {
  const startedAt = performance.now()
  const acts: Promise<Result>[] = []
  for (let n = 0; n < count; n++) {
    await sleep(Math.max(0, startedAt + (n * 1_000) / perSecond - performance.now()))
    acts.push(act(n))
  }
  return Promise.all(acts)
}

/** Messages that are waited for by their text: whoever hears one says so, with the time (epoch milliseconds). */
export function createArrivals(): {
  wait(text: string): Promise<number>
  heard(text: string, at?: number): void
} {
  const waiting = new Map<string, (at: number) => void>()
  return {
    wait: (text) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`"${text}" did not arrive in 30 s`)), 30_000)
        waiting.set(text, (at) => {
          clearTimeout(timer)
          resolve(at)
        })
      }),
    heard: (text, at = epochMs()) => {
      waiting.get(text)?.(at)
      waiting.delete(text)
    },
  }
}

/** Epoch milliseconds with a fraction, comparable between processes of one machine. */
export const epochMs = (): number => performance.timeOrigin + performance.now()
