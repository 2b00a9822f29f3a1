import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { createKey } from '@carteiro/domain/keys/create-key'
import { startApiProcess } from '../stack/start-api-process.ts'
import { type BenchDatabase, INSTANCE, startDatabase, TENANT } from './outbox/start-database.ts'
import { percentiles } from './roundtrip/latencies.ts'
import { addTenant, fill, readAllWords } from './search/fill.ts'
import { SEARCHES, type Search, searchByRoute } from './search/ways.ts'

const OTHERS = { tenantId: 'others', instanceId: 'others-phone' }
/** Of all messages, beside the tenant's own. */
const OTHERS_SHARE = 1 / 4
/** The plain way takes so much longer that it is asked less often. */
const SCANS = 4

type Measured = { p50: number; p95: number; p99: number; found: number }

/**
 * The first page of a search in a tenant's messages, contacts and tickets, by the route, beside a query that looks at
 * every row: words of all frequencies, alone and together. `--small` makes 50,000 messages instead of a million.
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      messages: { type: 'string', default: '1000000' },
      small: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '40' },
    },
  })
  const messages = values.small ? 50_000 : Number(values.messages)
  console.log('starting PostgreSQL ...')
  const database = await startDatabase()
  try {
    const { db } = database
    const others = { ...OTHERS, messages: Math.ceil(messages * OTHERS_SHARE) }
    console.log(`filling in ${messages} messages, and ${others.messages} of another tenant ...`)
    await addTenant(db, others)
    await fill(db, others)
    await fill(db, { tenantId: TENANT, instanceId: INSTANCE, messages })
    console.log('reading their words ...')
    const perSecond = Math.round((messages + others.messages) / (await readAllWords(db)))
    const measured = await measureBoth(database, Number(values.rounds))
    report(measured, { messages, perSecond })
    return 0
  } finally {
    await database.stop()
  }
}

interface Both {
  ours: Record<string, Measured>
  scan: Record<string, Measured>
}

async function measureBoth({ db, url }: BenchDatabase, rounds: number): Promise<Both> {
  const { secret } = await createKey(
    { db },
    { tenantId: TENANT, name: 'bench', scopes: ['read'], actor: 'bench' },
  )
  const logsDirectory = await mkdtemp(path.join(tmpdir(), 'carteiro-bench-api-'))
  const env = { DATABASE_URL: url, LOG_LEVEL: 'warn', RATE_LIMIT_PER_MINUTE: '1000000' }
  const api = await startApiProcess({ name: 'api', logsDirectory, env })
  try {
    const ours: Way = ({ path }, query) => searchByRoute({ url: api.url, key: secret }, path, query)
    const scan: Way = async (search, query) => (await search.scan(db, TENANT, query)).length
    // Connections, plans and code are warm then.
    await measure(ours, 10)
    return { ours: await measure(ours, rounds), scan: await measure(scan, SCANS) }
  } finally {
    await api.process.stop()
    await rm(logsDirectory, { recursive: true, force: true })
  }
}

/** @returns how many are on the first page */
type Way = (search: Search, query: string) => Promise<number>

/** Every kind of query in turn, so that none is alone in the cache. */
async function measure(way: Way, rounds: number): Promise<Record<string, Measured>> {
  const times = new Map<string, number[]>()
  const found = new Map<string, number>()
  for (let round = 0; round < rounds; round++) {
    for (const [kind, search] of Object.entries(SEARCHES)) {
      const startedAt = performance.now()
      found.set(kind, await way(search, search.query(round)))
      times.set(kind, [...(times.get(kind) ?? []), performance.now() - startedAt])
    }
  }
  const entries = [...times].map(([kind, values]) => {
    return [kind, { ...percentiles(values), found: found.get(kind) ?? 0 }] as const
  })
  return Object.fromEntries(entries)
}

const worstOf = (measured: Record<string, Measured>, at: 'p50' | 'p95'): number =>
  Math.max(...Object.values(measured).map((times) => times[at]))

function report({ ours, scan }: Both, how: { messages: number; perSecond: number }): void {
  console.log('ours (ms)')
  console.table(ours)
  console.log('scan (ms)')
  console.table(scan)
  const byKind = Object.fromEntries(Object.entries(ours).map(([kind, { p50, p95 }]) => [kind, { p50, p95 }]))
  const ratio = (kind: string) => Math.round((scan[kind]?.p50 ?? 0) / (ours[kind]?.p50 ?? Number.NaN))
  console.log(
    `BENCH ${JSON.stringify({
      name: 'search',
      unit: 'ms, p95 of the slowest kind of query',
      ours: worstOf(ours, 'p95'),
      baselines: { scan: worstOf(scan, 'p95') },
      ratios: Object.fromEntries(Object.keys(ours).map((kind) => [kind, ratio(kind)])),
      latencyMs: byKind,
      notes: {
        how: `first page of 50 by HTTP, one at a time; ratios: scan's median to ours`,
        messages: how.messages,
        readWordsPerSecond: how.perSecond,
      },
    })}`,
  )
}
