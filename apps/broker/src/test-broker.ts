import { createTestDatabase } from '@carteiro/database/test-database'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { createLogger } from '@carteiro/runtime/logger'
import { startSimulator } from '@carteiro/simulation/start-simulator'
import type { WASocket } from '@whiskeysockets/baileys'
import type { Test } from 'tap'
import { readBrokerConfig } from './config.ts'
import { startBroker } from './start-broker.ts'
import { ACCOUNT, CLAIMED_PRE_KEYS, linkInstance, simulatorVariables } from './test-linking.ts'
import { startTestWebhook } from './test-webhook.ts'

export const API_KEY = 'the key of the broker'
const logger = createLogger('test', 'silent')

export interface Reply<Body> {
  status: number
  replayed: string | null
  body: Body
}

/** A broker of a test's own, with its database, its webhook and a WhatsApp to which one instance is connected. */
export async function startTestBroker(t: Pick<Test, 'teardown'>, variables: Record<string, string> = {}) {
  const database = await createTestDatabase(t)
  const simulator = await startSimulator({
    host: '127.0.0.1',
    port: 0,
    logger,
    claimedPreKeys: CLAIMED_PRE_KEYS,
  })
  const webhook = await startTestWebhook(t, () => ({ status: 202 }))
  const lifecycle = createLifecycle(logger)
  const config = readBrokerConfig({
    DATABASE_URL: database.url,
    BROKER_PORT: '0',
    BROKER_ID: 'broker',
    WHATSAPP_BROKER_API_KEY: API_KEY,
    SESSION_ENCRYPTION_KEY: 'ab'.repeat(32),
    WHATSAPP_WEBHOOK_URL: webhook.url,
    ...simulatorVariables(simulator.url),
    WHATSAPP_MEDIA_URL: simulator.media.url,
    WHATSAPP_MEDIA_CA: simulator.media.certificate,
    ...variables,
  })
  const broker = await startBroker({ config, logger, lifecycle })
  t.teardown(async () => {
    await lifecycle.stop()
    await simulator.stop()
  })

  async function ask<Body>(method: string, path: string, body?: unknown, headers = {}): Promise<Reply<Body>> {
    return await call(broker.address + path, method, body, headers)
  }

  async function connect(id: string): Promise<void> {
    await ask('POST', '/instances', { id, name: id, tenantId: 'demo' })
    await linkInstance(id, { ask, webhook, scan: (qr) => simulator.server.linking.scan(ACCOUNT, qr) })
  }

  return {
    ...{ database, webhook, broker, ask, connect, simulator },
    customerWrites: (phone: string, body: { text: string; id?: string }) =>
      call(`${simulator.url}/customers/${phone}/messages`, 'POST', { ...body, to: ACCOUNT }),
    onPhone: async (phone: string, id: string) => {
      const url = `${simulator.url}/customers/${phone}/messages?id=${id}`
      return (await call<{ items: { text: string | null; stanzas: number }[] }>(url, 'GET')).body.items
    },
    /** The socket that is connected, for stanzas that the simulator does not play. */
    socket(id: string): WASocket {
      const socket = broker.sessions.socket(id)
      if (!socket) throw new Error(`${id} is not connected`)
      return socket
    },
  }
}

/** One request, with the broker's key unless the headers say otherwise. */
export async function call<Body>(
  url: string,
  method: string,
  body?: unknown,
  headers = {},
): Promise<Reply<Body>> {
  const response = await fetch(url, {
    method,
    headers: {
      'x-api-key': API_KEY,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const replayed = response.headers.get('idempotent-replayed')
  return { status: response.status, replayed, body: text === '' ? null : JSON.parse(text) }
}
