import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { findFreePort } from '../stack/ports.ts'
import { type ApiProcess, startApiProcess } from '../stack/start-api-process.ts'
import type { Stack } from '../stack/start-stack.ts'
import { chance } from './outbox/chance.ts'
import { connectTo } from './parts/connect-to.ts'
import { inspectedAt } from './parts/memory.ts'
import { withStack } from './parts/with-stack.ts'
import { WORKER_ENV } from './parts/worker-environment.ts'
import type { Client } from './realtime/client.ts'
import { startLoad } from './realtime/load.ts'
import { stopReading } from './realtime/slow-readers.ts'
import { startSocketClient } from './realtime/socket-client.ts'
import { startStreamClient } from './realtime/stream-client.ts'
import { judge, untilAllTaken, type Verdict } from './realtime/verdict.ts'

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  sockets: { type: 'string', default: '50' },
  streams: { type: 'string', default: '50' },
  /** Messages a second. */
  rate: { type: 'string', default: '100' },
  /** How long connections are dropped. */
  drops: { type: 'string', default: '60' },
  /** How long two clients do not read, in seconds. */
  slow: { type: 'string', default: '60' },
  seconds: { type: 'string', default: '300' },
} as const

const TICK_MS = 250
/** Each client loses its connection every five seconds or so. */
const DROPS_PER_TICK = TICK_MS / 5_000
const SETTLE_MS = 60_000

/**
 * Everyone who follows the log ends with the same sequence, equal to the database: Socket.IO and SSE clients on two API
 * processes, dropped at random under load, with two that stop reading, one API killed and PostgreSQL restarted.
 *
 * @returns 0 when every promise held
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const inspectorPort = await findFreePort()
  const env = { worker: WORKER_ENV, api: inspectedAt(inspectorPort) }
  return withStack({ simulator: false, env }, async (stack, dataDirectory) => {
    const second = await startApiProcess({
      name: 'api-second',
      logsDirectory: stack.logsDirectory,
      env: {
        DATABASE_URL: stack.databaseUrl,
        WHATSAPP_BROKER_API_KEY: stack.brokerKey,
        STORAGE_PATH: path.join(dataDirectory, 'storage'),
      },
    })
    try {
      return report(await proveOn(stack, second, { ...values, inspectorPort }))
    } finally {
      await second.process.stop()
    }
  })
}

type Values = Record<keyof typeof OPTIONS, string>

async function proveOn(stack: Stack, second: ApiProcess, values: Values & { inspectorPort: number }) {
  const { tenantId, apiKey: token, brokerKey, instanceId } = stack
  const urls = [stack.urls.api, second.url]
  const clients = startClients(values, { urls, token, tenantId })
  const load = startLoad({ urls, brokerKey, instanceId, perSecond: Number(values.rate) })
  console.log(`${clients.length} clients follow; two more stop reading for ${values.slow} s ...`)
  const slow = await stopReading({
    ...{ token, tenantId, apiUrl: stack.urls.api, others: clients },
    inspectorPort: values.inspectorPort,
    seconds: Number(values.slow),
  })
  console.log(JSON.stringify(slow.told))
  const recoveriesMs = await dropAtRandom(stack, second, clients, values)
  const messages = await load.stop()
  const everybody = [...clients, ...slow.clients]
  const database = await connectTo(stack)
  try {
    const deadline = Date.now() + SETTLE_MS
    await untilAllTaken(database, { tenantId, messages, clients: everybody, deadline })
    const verdict = await judge(database, tenantId, everybody)
    return {
      verdict,
      memory: slow.faults,
      grownMiB: slow.told.grownMiB,
      messages,
      recoveriesMs,
      seed: Number(values.seed),
      clients: everybody.length,
    }
  } finally {
    await database.end()
    for (const client of everybody) client.close()
    await slow.close()
  }
}

function startClients(
  { sockets, streams }: Values,
  options: { urls: string[]; token: string; tenantId: string },
): Client[] {
  const [one = '', other = ''] = options.urls
  // Half of them begin at each process.
  const at = (n: number) => ({ ...options, urls: n % 2 === 0 ? [one, other] : [other, one] })
  return [
    ...Array.from({ length: Number(sockets) }, (_, n) =>
      startSocketClient({ ...at(n), name: `socket ${n}` }),
    ),
    ...Array.from({ length: Number(streams) }, (_, n) =>
      startStreamClient({ ...at(n), name: `stream ${n}` }),
    ),
  ]
}

/** Drops connections; a third through it kills an API, two thirds through it restarts PostgreSQL. */
async function dropAtRandom(
  stack: Stack,
  second: ApiProcess,
  clients: Client[],
  { drops, seed }: Values,
): Promise<number[]> {
  const thirdMs = (Number(drops) * 1_000) / 3
  const stopping = new AbortController()
  const dropping = keepDropping(clients, Number(seed), stopping.signal)
  const recoveriesMs: number[] = []
  const strike = async (what: string, act: () => Promise<void> | undefined) => {
    await sleep(thirdMs)
    const at = Date.now()
    await act()
    recoveriesMs.push(Date.now() - at)
    console.log(`${what}: ready again after ${recoveriesMs.at(-1)} ms`)
  }
  try {
    await strike('an API was killed', () => second.process.restart('SIGKILL'))
    await strike('PostgreSQL was restarted', () => stack.processes.postgres?.restart())
    await sleep(thirdMs)
  } finally {
    stopping.abort()
    await dropping
  }
  return recoveriesMs
}

async function keepDropping(clients: Client[], seed: number, signal: AbortSignal): Promise<void> {
  for (let tick = 0; !signal.aborted; tick++) {
    for (const client of clients) {
      if (chance(seed, `${client.name} ${tick}`) < DROPS_PER_TICK) client.drop()
    }
    await sleep(TICK_MS)
  }
}

function report({
  verdict,
  memory,
  grownMiB,
  messages,
  recoveriesMs,
  seed,
  clients,
}: Awaited<ReturnType<typeof proveOn>> & { verdict: Verdict }): number {
  const { events, ...promises } = verdict
  const broken = { ...promises, memory }
  console.log(`${clients} clients, ${messages} messages, ${events} events each`)
  console.table(
    Object.fromEntries(Object.entries(broken).map(([name, cases]) => [name, { cases: cases.length }])),
  )
  for (const [name, cases] of Object.entries(broken)) {
    for (const one of cases.slice(0, 10)) console.log(`${name}: ${one}`)
  }
  const sorted = recoveriesMs.toSorted((a, b) => a - b)
  console.log(
    `PROVE ${JSON.stringify({
      name: 'realtime',
      seed,
      messages,
      kills: recoveriesMs.length,
      lost: broken.lost.length,
      duplicated: broken.duplicated.length,
      outOfOrder: broken.outOfOrder.length,
      stuck: broken.stuck.length,
      grownMiB,
      recoveryMs: { p50: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 },
    })}`,
  )
  return Object.values(broken).every((cases) => cases.length === 0) ? 0 : 1
}
