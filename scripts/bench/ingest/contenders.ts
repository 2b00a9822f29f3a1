import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connect } from '@carteiro/database/connect'
import { createInstance } from '@carteiro/domain/instances/create-instance'
import { createLogger } from '@carteiro/runtime/logger'
import { baseEnvironment } from '../../stack/base-environment.ts'
import { bootstrap, DEMO_TENANT } from '../../stack/bootstrap.ts'
import { migrateDatabase } from '../../stack/migrate-database.ts'
import { findFreePorts } from '../../stack/ports.ts'
import { startPostgres } from '../../stack/postgres-process.ts'
import { createProcessGroup, type ProcessGroup } from '../../stack/process-group.ts'
import { waitUntilReady } from '../../stack/wait-until-ready.ts'
import type { Target } from './measure.ts'

export interface Contenders {
  names: string[]
  target(name: string): Target
  stop(): Promise<void>
}

const INSTANCE = 'bench-phone'
const COMMANDS: Record<string, string> = {
  ours: 'apps/api/src/main.ts',
  bareInsert: 'scripts/bench/ingest/bare-insert.ts',
  bossSend: 'scripts/bench/ingest/boss-send.ts',
}

/**
 * One PostgreSQL, and beside it the API and the two plain servers, each in processes of its own.
 *
 * @param copies processes of each
 */
export async function startContenders(copies: number): Promise<Contenders> {
  const folder = await mkdtemp(path.join(tmpdir(), 'carteiro-bench-'))
  const group = createProcessGroup({ logsDirectory: folder, tell: () => undefined })
  const stop = async () => {
    await group.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const [databasePort = 0, ...ports] = await findFreePorts(1 + copies * Object.keys(COMMANDS).length)
    const postgres = await startPostgres(group, {
      dataDirectory: folder,
      port: databasePort,
      databases: ['carteiro'],
      settings: {},
    })
    const databaseUrl = postgres.url('carteiro')
    await migrateDatabase(databaseUrl)
    await prepare(databaseUrl)
    const secrets = { brokerKey: secret(), hmacSecret: secret() }
    const urls = new Map<string, string[]>()
    for (const name of Object.keys(COMMANDS)) {
      const own = Array.from({ length: copies }, () => ports.pop() ?? 0)
      urls.set(
        name,
        await Promise.all(own.map((port) => startContender(group, { name, port, databaseUrl, secrets }))),
      )
    }
    return {
      names: Object.keys(COMMANDS),
      target: (name) => ({
        urls: urls.get(name) ?? [],
        path: '/api/integrations/whatsapp/webhook',
        headers: { 'x-api-key': secrets.brokerKey },
        hmacSecret: secrets.hmacSecret,
        instanceId: INSTANCE,
      }),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

interface ContenderOptions {
  name: string
  port: number
  databaseUrl: string
  secrets: { brokerKey: string; hmacSecret: string }
}

/** @returns its URL */
async function startContender(
  group: ProcessGroup,
  { name, port, databaseUrl, secrets }: ContenderOptions,
): Promise<string> {
  const url = `http://127.0.0.1:${port}`
  await group.start({
    name: `${name}-${port}`,
    command: [COMMANDS[name] ?? ''],
    env: {
      ...baseEnvironment(),
      DATABASE_URL: databaseUrl,
      API_PORT: String(port),
      LOG_LEVEL: 'warn',
      WHATSAPP_BROKER_API_KEY: secrets.brokerKey,
      WHATSAPP_WEBHOOK_HMAC_SECRET: secrets.hmacSecret,
    },
    isReady: (_process, signal) => waitUntilReady(url, signal),
    readyDeadlineMs: 60_000,
  })
  return url
}

const secret = (): string => randomBytes(24).toString('hex')

async function prepare(databaseUrl: string): Promise<void> {
  await bootstrap(databaseUrl, secret())
  const connection = connect({ url: databaseUrl, logger: createLogger('bench', 'error'), name: 'bench' })
  try {
    await createInstance(connection.db, { id: INSTANCE, tenantId: DEMO_TENANT, name: 'Bench' })
  } finally {
    await connection.close()
  }
}
