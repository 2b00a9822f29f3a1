import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { json } from 'node:stream/consumers'
import { createLogger } from '@carteiro/runtime/logger'
import { type Simulator, startSimulator } from '@carteiro/simulation/start-simulator'
import { SIMULATOR_ROOT } from '@carteiro/simulation/wire/certificate'
import pg from 'pg'
import { z } from 'zod'
import { migrateDatabase } from '../../stack/migrate-database.ts'
import { findFreePort } from '../../stack/ports.ts'
import { startPostgres } from '../../stack/postgres-process.ts'
import { createProcessGroup } from '../../stack/process-group.ts'
import { type BrokerProcess, startBrokerProcess } from './broker-process.ts'

export const API_KEY = 'the key of the brokers'

/** PostgreSQL, WhatsApp and the API's webhook, for as many brokers as a proof starts. */
export interface World {
  database: pg.Client
  simulator: Simulator
  /** WhatsApp's ids of the messages that the webhook was given. */
  taken: Set<string>
  brokers: Map<string, BrokerProcess>
  /** Starts a broker, or its successor. */
  start(id: string): Promise<BrokerProcess>
}

/** Builds the world in a folder of its own, gives it to the proof, and leaves neither processes nor files behind. */
export async function withWorld<Result>(
  { keep, print }: { keep: boolean; print: (line: string) => void },
  prove: (world: World) => Promise<Result>,
): Promise<Result> {
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'carteiro-prove-'))
  const logsDirectory = path.join(dataDirectory, 'logs')
  const group = createProcessGroup({ logsDirectory, tell: () => undefined })
  const ends: (() => Promise<unknown>)[] = [() => group.stop()]
  try {
    const { port, url } = await openDatabase(group, dataDirectory)
    const database = new pg.Client({ connectionString: url, application_name: `prove ${port}` })
    await database.connect()
    ends.push(() => database.end())
    const simulator = await startSimulator({
      host: '127.0.0.1',
      port: 0,
      logger: createLogger('simulator', 'silent'),
    })
    ends.push(() => simulator.stop())
    const webhook = await startWebhook()
    ends.push(webhook.stop)
    const env = {
      DATABASE_URL: url,
      WHATSAPP_BROKER_API_KEY: API_KEY,
      SESSION_ENCRYPTION_KEY: 'ab'.repeat(32),
      WHATSAPP_WEBHOOK_URL: webhook.url,
      WHATSAPP_WEB_SOCKET_URL: `${simulator.url.replace('http', 'ws')}/ws/chat`,
      WHATSAPP_SIMULATOR_ROOT: SIMULATOR_ROOT,
    }
    const brokers = new Map<string, BrokerProcess>()
    ends.push(() => endAll(brokers))
    const start = async (id: string) => {
      const broker = await startBrokerProcess({ id, env, logsDirectory })
      brokers.set(id, broker)
      return broker
    }
    return await prove({ database, simulator, taken: webhook.taken, brokers, start })
  } finally {
    for (const end of ends.toReversed()) await end()
    if (keep) print(`what the processes wrote is in ${logsDirectory}`)
    else await rm(dataDirectory, { recursive: true, force: true })
  }
}

async function openDatabase(
  group: ReturnType<typeof createProcessGroup>,
  dataDirectory: string,
): Promise<{ port: number; url: string }> {
  const port = await findFreePort()
  const databases = ['carteiro']
  const postgres = await startPostgres(group, { dataDirectory, port, databases, settings: {} })
  const url = postgres.url('carteiro')
  await migrateDatabase(url)
  return { port, url }
}

/** Also one that sleeps. */
async function endAll(brokers: Map<string, BrokerProcess>): Promise<void> {
  for (const { signal } of brokers.values()) signal('SIGKILL')
  await Promise.all([...brokers.values()].map(({ ended }) => ended))
}

const Events = z.array(
  z.object({ payload: z.object({ message: z.object({ id: z.string() }).partial().optional() }).loose() }),
)

async function startWebhook() {
  const taken = new Set<string>()
  const server = createServer(async (request, response) => {
    for (const { payload } of Events.parse(await json(request))) {
      if (payload.message?.id !== undefined) taken.add(payload.message.id)
    }
    response.writeHead(202).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    taken,
    url: `http://127.0.0.1:${port}/hook`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
