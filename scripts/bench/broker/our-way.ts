import { randomUUID } from 'node:crypto'
import { Pool } from 'undici'
import type { Stack } from '../../stack/start-stack.ts'
import type { Way } from './way.ts'

/** Through the broker's own process: one request for each message, answered when WhatsApp has acknowledged it. */
export async function openOurWay(stack: Stack, account: string, concurrency: number): Promise<Way> {
  const instanceId = `bench-${account}`
  await stack.addInstance(instanceId, account)
  const pool = new Pool(stack.urls.broker, { connections: concurrency, pipelining: 1 })
  return {
    async send(phone, text) {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: `/instances/${instanceId}/send-text`,
        headers: {
          'x-api-key': stack.brokerKey,
          'content-type': 'application/json',
          'idempotency-key': randomUUID(),
        },
        body: JSON.stringify({ to: phone, message: text }),
      })
      const answer = await body.text()
      if (statusCode !== 200 || !answer.includes('"status":"sent"'))
        throw new Error(`${statusCode} ${answer}`)
    },
    close: () => pool.close(),
  }
}
