import { percentiles } from '../roundtrip/latencies.ts'
import type { Way } from './way.ts'

export interface Round {
  perSecond: number
  p50: number
  p95: number
  p99: number
}

export interface Load {
  messages: number
  /** Sends that are under way at the same time. */
  concurrency: number
  /** Digits; they are written to in turn. */
  recipients: string[]
}

const TEXT = 'A message of a usual length, as operators write it: '

/** Sends so many messages, each as soon as one before is acknowledged. @throws when one is not */
export async function measureRound(way: Way, { messages, concurrency, recipients }: Load): Promise<Round> {
  const latencies: number[] = []
  let next = 0
  const sendInTurn = async () => {
    for (let n = next++; n < messages; n = next++) {
      const sentAt = performance.now()
      await way.send(recipients[n % recipients.length] ?? '', `${TEXT}${n}`)
      latencies.push(performance.now() - sentAt)
    }
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: concurrency }, sendInTurn))
  const seconds = (performance.now() - startedAt) / 1_000
  return { perSecond: Math.round((messages / seconds) * 10) / 10, ...percentiles(latencies) }
}

/** The round whose rate is in the middle. */
export function median(rounds: Round[]): Round {
  const middle = rounds.toSorted((a, b) => a.perSecond - b.perSecond)[Math.floor(rounds.length / 2)]
  if (!middle) throw new Error('nothing was measured')
  return middle
}
