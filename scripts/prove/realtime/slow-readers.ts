import { setTimeout as sleep } from 'node:timers/promises'
import { startReadingRelay } from '../../../apps/api/src/testing/start-reading-relay.ts'
import { percentiles } from '../../bench/roundtrip/latencies.ts'
import { inspectMemory, type Memory } from '../parts/memory.ts'
import type { Client } from './client.ts'
import { type ClientOptions, startSocketClient } from './socket-client.ts'
import { startStreamClient } from './stream-client.ts'

/** A stall that is shorter shows nothing: a process that has just started grows by itself. */
const JUDGED_SECONDS = 30
const MAX_GROWTH_MIB = 16
/** Until what the process keeps for everybody has filled, and its code is compiled. */
const WARM_UP_MS = 20_000
/** The memory of a stall is the most of so many looks, spread over it. */
const LOOKS = 12

export interface SlowReaders {
  clients: Client[]
  /** What it did to the process and to the others. */
  told: { grownMiB: number; [figure: string]: unknown }
  faults: string[]
  close(): Promise<void>
}

export interface SlowReaderOptions extends Omit<ClientOptions, 'name' | 'urls'> {
  apiUrl: string
  /** Where the API process listens to an inspector. */
  inspectorPort: number
  seconds: number
  others: Client[]
}

/** Two clients stop reading for a while; then they read on, and must have missed nothing. */
export async function stopReading(options: SlowReaderOptions): Promise<SlowReaders> {
  const { apiUrl, inspectorPort, seconds, others } = options
  const relay = await startReadingRelay(apiUrl)
  const own = { ...options, urls: [relay.url] }
  const clients = [
    startSocketClient({ ...own, name: 'slow socket' }),
    startStreamClient({ ...own, name: 'slow stream' }),
  ]
  const isJudged = seconds >= JUDGED_SECONDS
  const memory = await inspectMemory(inspectorPort)
  await sleep(isJudged ? WARM_UP_MS : 500)
  const before = await memory.read()
  const latencyBefore = latencySince(others)
  relay.stopReading()
  const looks: Memory[] = []
  for (let n = 0; n < LOOKS; n++) {
    await sleep((seconds * 1_000) / LOOKS)
    looks.push(await memory.read())
  }
  const latencyDuring = latencySince(others)
  relay.readOn()
  memory.close()
  const most = { used: mostOf(looks, 'used'), resident: mostOf(looks, 'resident') }
  const grown = { used: most.used - before.used, resident: most.resident - before.resident }
  const grownMiB = Math.round(Math.max(grown.used, grown.resident) * 10) / 10
  return {
    clients,
    told: {
      seconds,
      before,
      most,
      grownMiB,
      othersBeforeMs: latencyBefore,
      othersMeanwhileMs: latencyDuring,
    },
    faults: isJudged && grownMiB >= MAX_GROWTH_MIB ? [`memory grew by ${grownMiB} MiB`] : [],
    close: relay.close,
  }
}

const mostOf = (looks: Memory[], figure: keyof Memory) => Math.max(...looks.map((look) => look[figure]))

/** Of what came since it was last asked. */
function latencySince(clients: Client[]) {
  return percentiles(clients.flatMap(({ latencies }) => latencies.splice(0)))
}
