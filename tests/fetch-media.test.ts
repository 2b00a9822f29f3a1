import { buffer } from 'node:stream/consumers'
import { createBrokerClient } from '@carteiro/broker-client/broker-client'
import { createTestDatabase } from '@carteiro/database/test-database'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { createLogger } from '@carteiro/runtime/logger'
import { SIMULATOR_ROOT } from '@carteiro/simulation/wire/certificate'
import t from 'tap'
import { readBrokerConfig } from '../apps/broker/src/config.ts'
import {
  cutting,
  giving,
  refusing,
  type SealedFile,
  sealFile,
  startTestMediaHost,
} from '../apps/broker/src/features/media/test-media-host.ts'
import { startBroker } from '../apps/broker/src/start-broker.ts'
import { fetchByBroker } from '../apps/worker/src/features/media/fetch-by-broker.ts'

const apiKey = 'the key of the broker'
const database = await createTestDatabase(t)
const host = await startTestMediaHost(t)
const logger = createLogger('test', 'silent')
const lifecycle = createLifecycle(logger)
const { address, instances } = await startBroker({
  config: readBrokerConfig({
    DATABASE_URL: database.url,
    BROKER_PORT: '0',
    WHATSAPP_BROKER_API_KEY: apiKey,
    SESSION_ENCRYPTION_KEY: 'ab'.repeat(32),
    WHATSAPP_WEB_SOCKET_URL: 'ws://127.0.0.1:1',
    WHATSAPP_SIMULATOR_ROOT: SIMULATOR_ROOT,
    WHATSAPP_MEDIA_URL: host.url,
  }),
  logger,
  lifecycle,
})
await instances.create({ id: 'main', name: 'Main', tenantId: 'demo' })
const client = createBrokerClient({ url: address, apiKey, timeoutMs: 30_000 })
t.teardown(async () => {
  await lifecycle.stop()
  await client.close()
})

const fetchFile = fetchByBroker(client)
const fetchAt = ({ named }: SealedFile, directPath: string) =>
  fetchFile(
    {
      tenantId: 'demo',
      instanceId: 'main',
      messageId: '0198c0de-0000-7000-8000-000000000001',
      providerMessageId: '3A01',
      media: { ...named, directPath },
    },
    new AbortController().signal,
  )

t.test('the worker gets the bytes that a customer\u2019s phone sealed, however many', async (t) => {
  for (const bytes of [1, 50_000, 20_000_000]) {
    const file = await sealFile('document', bytes)
    const { body } = await fetchAt(file, host.at(`/v/${bytes}`, giving(file.sealed)))
    t.ok(file.plain.equals(await buffer(body)))
  }
})

t.test('what breaks off or proves wrong on its way never ends as a whole file', async (t) => {
  const file = await sealFile('video', 6_000_000)
  const wrong = Buffer.concat([file.sealed.subarray(0, -10), Buffer.alloc(10)])
  for (const answer of [cutting(file.sealed.subarray(0, 4_000_000)), giving(wrong)]) {
    const { body } = await fetchAt(file, host.at('/v/broken', answer))
    await t.rejects(buffer(body))
  }
})

t.test('a file that is gone is no longer asked for', async (t) => {
  const file = await sealFile('image', 1_000)
  const gone = fetchAt(file, host.at('/v/gone', refusing(410)))
  await t.rejects(gone, { code: 'MEDIA_GONE', retriable: false })
})
