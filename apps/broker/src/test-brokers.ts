import { setTimeout as pause } from 'node:timers/promises'
import type { BrokerInstance } from '@carteiro/contracts/broker-api'
import { createTestDatabase } from '@carteiro/database/test-database'
import { startDatabaseRelay } from '@carteiro/database/testing/relay'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { createLogger } from '@carteiro/runtime/logger'
import { startSimulator } from '@carteiro/simulation/start-simulator'
import type { Test } from 'tap'
import { readBrokerConfig } from './config.ts'
import { startBroker } from './start-broker.ts'
import { API_KEY, call } from './test-broker.ts'
import { CLAIMED_PRE_KEYS, linkInstance, simulatorVariables } from './test-linking.ts'
import { startTestWebhook } from './test-webhook.ts'

const logger = createLogger('test', 'silent')
const LOOK_MS = 20

/** Short, and still long for a machine that is busy. */
export const TEST_LEASE_TIMES = {
  ttl: 5_000,
  margin: 2_000,
  renewEvery: 500,
  retryEvery: 100,
  handOverEvery: 1,
}

/** Looks until it is so: what one broker does after another one has no event of its own. */
export async function untilTrue(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(LOOK_MS)
}

/** One database and one WhatsApp, on which a test starts as many brokers as it likes. */
export async function startTestBrokers(t: Pick<Test, 'teardown'>) {
  const database = await createTestDatabase(t)
  const simulator = await startSimulator({
    host: '127.0.0.1',
    port: 0,
    logger,
    claimedPreKeys: CLAIMED_PRE_KEYS,
  })
  t.teardown(() => simulator.stop())
  const webhook = await startTestWebhook(t, () => ({ status: 202 }))
  const overlaps = countOverlaps(simulator.server.verdicts)

  /** @param throughRelay puts a way to PostgreSQL in between that can be taken away */
  async function start(id: string, variables: Record<string, string> = {}) {
    const relay = await startDatabaseRelay(t, database.url)
    const lifecycle = createLifecycle(logger)
    t.teardown(() => lifecycle.stop())
    const config = readBrokerConfig({
      DATABASE_URL: relay.url,
      BROKER_PORT: '0',
      BROKER_ID: id,
      WHATSAPP_BROKER_API_KEY: API_KEY,
      SESSION_ENCRYPTION_KEY: 'ab'.repeat(32),
      WHATSAPP_WEBHOOK_URL: webhook.url,
      ...simulatorVariables(simulator.url),
      ...variables,
    })
    const broker = await startBroker({ config, logger, lifecycle, leaseTimes: TEST_LEASE_TIMES })
    const ask = <Body>(method: string, path: string, body?: unknown, headers = {}) =>
      call<Body>(broker.address + path, method, body, headers)
    return { ...broker, id, relay, ask, stop: () => lifecycle.stop() }
  }

  type Broker = Awaited<ReturnType<typeof start>>

  async function link({ ask }: Broker, id: string, phone: string): Promise<void> {
    await ask('POST', '/instances', { id, name: id, tenantId: 'demo' })
    await linkInstance(id, { ask, webhook, scan: (qr) => simulator.server.linking.scan(phone, qr) })
  }

  /** What the database says of all instances: who holds each, and how it stands. */
  async function standing({ ask }: Broker): Promise<Record<string, string>> {
    const { body } = await ask<{ instances: BrokerInstance[] }>('GET', '/instances')
    return Object.fromEntries(
      body.instances.map(({ id, lease, status }) => [id, `${lease?.holder} ${status}`]),
    )
  }

  return { database, simulator, webhook, overlaps, start, link, standing }
}

interface LoginVerdicts {
  login(
    device: { companion?: { session?: object | undefined } | undefined; person: { phone: string } },
    connection: never,
  ): number | undefined
}

/** The phones for which a second socket was opened while the first was still there. */
export function countOverlaps(verdicts: LoginVerdicts): string[] {
  const overlaps: string[] = []
  const login = verdicts.login.bind(verdicts)
  verdicts.login = (device, connection) => {
    if (device.companion?.session) overlaps.push(device.person.phone)
    return login(device, connection)
  }
  return overlaps
}
