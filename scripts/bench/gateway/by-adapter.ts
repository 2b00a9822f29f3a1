import { createKey } from '@carteiro/domain/keys/create-key'
import { listen } from '@carteiro/runtime/http-server'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { createApp } from '../../../apps/api/src/app.ts'
import { readApiConfig } from '../../../apps/api/src/config.ts'
import { createDependencies } from '../../../apps/api/src/dependencies.ts'
import type { Way } from '../outbox/dispatch-ways.ts'
import { INSTANCE, TENANT } from '../outbox/start-database.ts'

/** The API itself, with an adapter that acknowledges and confirms what it gets at once. */
export const byAdapter: Way = async (database, onCall, load) => {
  const lifecycle = createLifecycle(database.logger)
  const config = readApiConfig({
    ...{ DATABASE_URL: database.url, LOG_LEVEL: 'error', RATE_LIMIT_PER_MINUTE: '0' },
  })
  const dependencies = await createDependencies(config, database.logger, lifecycle)
  const app = await createApp(dependencies)
  lifecycle.onStop('http server', () => app.close())
  const url = await listen(app, '127.0.0.1', 0)
  const { secret } = await createKey(database, {
    ...{ tenantId: TENANT, name: 'bench', scopes: ['gateway'], actor: 'bench' },
  })
  const ending = new AbortController()
  const reports = new Set<Promise<void>>()
  const adapter = { url, key: secret, signal: ending.signal, reports }
  const following = follow(adapter, onCall).catch((error) => {
    if (!ending.signal.aborted) throw error
  })
  try {
    await load()
    // What is not confirmed would be offered to the next one.
    while (reports.size > 0) await Promise.all(reports)
  } finally {
    ending.abort()
    await following
    await lifecycle.stop()
  }
}

async function follow(
  {
    url,
    key,
    signal,
    reports,
  }: { url: string; key: string; signal: AbortSignal; reports: Set<Promise<void>> },
  onCall: (id: string) => void,
): Promise<void> {
  const headers = { 'x-api-key': key }
  const report = async (id: string, act: string, body?: object) => {
    const json = body ? { body: JSON.stringify(body) } : {}
    const type = body ? { 'content-type': 'application/json' } : {}
    const request = { method: 'POST', headers: { ...headers, ...type }, ...json, signal }
    await (await fetch(`${url}/messages/${id}/${act}`, request)).arrayBuffer()
  }
  const stream = await fetch(`${url}/messages/stream?instanceId=${INSTANCE}`, { headers, signal })
  const events = stream.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
  for await (const { event, data } of events ?? []) {
    if (event !== 'message') continue
    const { messageId } = JSON.parse(data)
    onCall(messageId)
    const reported: Promise<void> = report(messageId, 'ack')
      .then(() => report(messageId, 'confirm', { externalId: `3EB0${messageId}` }))
      .catch(() => undefined)
      .finally(() => reports.delete(reported))
    reports.add(reported)
  }
}
