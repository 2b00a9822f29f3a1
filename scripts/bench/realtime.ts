import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { MessageEnvelope } from '@carteiro/contracts/envelope'
import { newId } from '@carteiro/database/new-id'
import { commit } from '@carteiro/domain/events/unit-of-work'
import { createKey } from '@carteiro/domain/keys/create-key'
import { saveMessages } from '@carteiro/domain/messages/save-message'
import { startApiProcess } from '../stack/start-api-process.ts'
import { type BenchDatabase, INSTANCE, startDatabase, TENANT } from './outbox/start-database.ts'
import { openListeners } from './realtime/listeners.ts'
import { measurePlain } from './realtime/plain.ts'
import { readCost } from './realtime/read-cost.ts'
import { untilHeard } from './realtime/until-heard.ts'
import { type Pace, percentiles } from './roundtrip/latencies.ts'

const CHATS = 50
const COST_SECONDS = 5
const BATCH_MS = 5
const TEXT = 'A message of a usual length, as customers write it.'

/**
 * How soon a message that was stored is with everyone who listens: from the event's time to each Socket.IO client, at a
 * steady rate; and what a client costs that only listens. Beside it Socket.IO alone, in the same run.
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '2000' },
      rate: { type: 'string', default: '100' },
      sockets: { type: 'string', default: '200' },
      idle: { type: 'string', default: '1000' },
    },
  })
  const pace = { count: Number(values.count), perSecond: Number(values.rate) }
  const sockets = Number(values.sockets)
  const folder = await mkdtemp(path.join(tmpdir(), 'carteiro-bench-'))
  console.log('starting PostgreSQL and the API ...')
  const database = await startDatabase()
  const env = { DATABASE_URL: database.url, STORAGE_PATH: path.join(folder, 'storage') }
  const api = await startApiProcess({ name: 'api', logsDirectory: folder, env }).catch(async (error) => {
    await database.stop()
    throw error
  })
  try {
    const { secret } = await createKey(database, {
      tenantId: TENANT,
      name: 'bench',
      scopes: ['read'],
      actor: 'bench',
    })
    const auth = { token: secret, rooms: [`tenant:${TENANT}`] }
    await measureOurs(database, api.url, auth, { count: 50, perSecond: 50 }, 10)
    // Before there is anything that the process could keep for later.
    const cost = await measureCost(api.url, auth, Number(values.idle))
    const ours = await measureOurs(database, api.url, auth, pace, sockets)
    const plain = await measurePlain(pace, sockets, {
      message: { id: newId(), text: TEXT },
      tenantId: TENANT,
    })
    report(ours, plain, pace, sockets, cost)
    return 0
  } finally {
    await api.process.stop()
    await database.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function measureOurs(
  database: BenchDatabase,
  apiUrl: string,
  auth: object,
  pace: Pace,
  sockets: number,
): Promise<number[]> {
  const listeners = await openListeners(apiUrl, auth, sockets)
  try {
    await storeAtRate(database, pace)
    await untilHeard(listeners, pace.count * sockets)
    return listeners.latencies
  } finally {
    listeners.close()
  }
}

/** As a worker stores them: what has come meanwhile in one transaction, with its events. */
async function storeAtRate(database: BenchDatabase, { count, perSecond }: Pace): Promise<void> {
  const startedAt = performance.now()
  for (let stored = 0; stored < count; await sleep(BATCH_MS)) {
    const due = Math.min(count, Math.ceil(((performance.now() - startedAt) * perSecond) / 1_000))
    const envelopes = Array.from({ length: due - stored }, (_, index) => envelopeOf(stored + index))
    if (envelopes.length > 0) await commit(database, (work) => saveMessages(work, envelopes))
    stored = due
  }
}

function envelopeOf(n: number): MessageEnvelope {
  const now = new Date().toISOString()
  const phone = `55119500${String(n % CHATS).padStart(5, '0')}`
  return {
    ...{ id: newId(), kind: 'message', direction: 'inbound', tenantId: TENANT, instanceId: INSTANCE },
    ...{ chatKey: `${phone}@s.whatsapp.net`, timestamp: now, receivedAt: now, requestId: 'bench' },
    ...{ providerMessageId: newId(), contact: { phone: `+${phone}` }, participantJid: null },
    ...{ message: { type: 'text', text: TEXT }, metadata: {} },
  }
}

/** What one more client costs that is there and hears nothing. */
async function measureCost(apiUrl: string, auth: object, clients: number) {
  const without = await readCost(apiUrl, COST_SECONDS)
  const listeners = await openListeners(apiUrl, auth, clients)
  try {
    const withThem = await readCost(apiUrl, COST_SECONDS)
    return {
      clients,
      kibPerClient: Math.round((withThem.kib - without.kib) / clients),
      cpuPercent: Math.round(withThem.cpuShare * 1_000) / 10,
      cpuPercentWithout: Math.round(without.cpuShare * 1_000) / 10,
    }
  } finally {
    listeners.close()
  }
}

function report(
  ours: number[],
  plain: number[],
  { perSecond }: Pace,
  sockets: number,
  cost: Awaited<ReturnType<typeof measureCost>>,
): void {
  const [own, other] = [percentiles(ours), percentiles(plain)]
  console.table({ ours: own, 'Socket.IO alone': other })
  console.log(
    `BENCH ${JSON.stringify({
      name: 'realtime',
      unit: 'ms (p95 from stored to received)',
      ours: own.p95,
      baselines: { socketIoAlone: other.p95 },
      ratios: { socketIoAlone: Math.round((own.p95 / Math.max(other.p95, 0.1)) * 100) / 100 },
      latencyMs: own,
      notes: { sockets, perSecond, cost },
    })}`,
  )
}
