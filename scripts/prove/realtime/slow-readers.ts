import { setTimeout as sleep } from 'node:timers/promises'
import { startReadingRelay } from '../../../apps/api/src/testing/start-reading-relay.ts'
import { percentiles } from '../../bench/roundtrip/latencies.ts'
import type { Client } from './client.ts'
import { readMemory } from './memory.ts'
import { type ClientOptions, startSocketClient } from './socket-client.ts'
import { startStreamClient } from './stream-client.ts'

/** A stall that is shorter shows nothing: a process that has just started grows by itself. */
const JUDGED_SECONDS = 30
const MAX_GROWTH_MIB = 16
/** Until what the process keeps for everybody has filled, and its code is compiled. */
const WARM_UP_MS = 20_000
/** Long enough that garbage is collected in between. */
const LOOK_SECONDS = 20

export interface SlowReaders {
  clients: Client[]
  /** What it did to the process and to the others. */
  told: { grownMiB: number; [figure: string]: unknown }
  faults: string[]
  close(): Promise<void>
}

/** Two clients stop reading for a while; then they read on, and must have missed nothing. */
export async function stopReading(
  options: Omit<ClientOptions, 'name' | 'urls'> & { apiUrl: string; seconds: number; others: Client[] },
): Promise<SlowReaders> {
  const { apiUrl, seconds, others } = options
  const relay = await startReadingRelay(apiUrl)
  const own = { ...options, urls: [relay.url] }
  const clients = [
    startSocketClient({ ...own, name: 'slow socket' }),
    startStreamClient({ ...own, name: 'slow stream' }),
  ]
  const isJudged = seconds >= JUDGED_SECONDS
  const lookSeconds = isJudged ? LOOK_SECONDS : 1
  await sleep(isJudged ? WARM_UP_MS : 500)
  const before = await readMemory(apiUrl, lookSeconds)
  const latencyBefore = latencySince(others)
  relay.stopReading()
  await sleep(Math.max(0, seconds - lookSeconds) * 1_000)
  const during = await readMemory(apiUrl, lookSeconds)
  const latencyDuring = latencySince(others)
  relay.readOn()
  const grownMiB = Math.round((during.used - before.used) * 10) / 10
  return {
    clients,
    told: {
      seconds,
      before,
      during,
      grownMiB,
      othersBeforeMs: latencyBefore,
      othersMeanwhileMs: latencyDuring,
    },
    faults: isJudged && grownMiB >= MAX_GROWTH_MIB ? [`memory grew by ${grownMiB} MiB`] : [],
    close: relay.close,
  }
}

/** Of what came since it was last asked. */
function latencySince(clients: Client[]) {
  return percentiles(clients.flatMap(({ latencies }) => latencies.splice(0)))
}
