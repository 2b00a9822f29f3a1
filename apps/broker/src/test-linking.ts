import { SIMULATOR_ROOT } from '@carteiro/simulation/wire/certificate'
import type { Reply } from './test-broker.ts'
import type { TestWebhook } from './test-webhook.ts'

/** The phone that links the instances of tests. */
export const ACCOUNT = '5511912345678'

/** More than Baileys wants to find: the timer of its prekey upload would keep the test's process alive for half a minute. */
export const CLAIMED_PRE_KEYS = 10

/** What a broker is told of a simulator at `url`, http. */
export const simulatorVariables = (url: string) => ({
  WHATSAPP_WEB_SOCKET_URL: `${url.replace('http', 'ws')}/ws/chat`,
  WHATSAPP_SIMULATOR_ROOT: SIMULATOR_ROOT,
})

interface LinkOptions {
  ask: <Body>(method: string, path: string) => Promise<Reply<Body>>
  webhook: TestWebhook
  /** The phone scans a code. */
  scan: (qr: string) => Promise<unknown>
}

/** Connects an instance, lets a phone scan its QR code, and waits until the API is told that it is connected. */
export async function linkInstance(id: string, { ask, webhook, scan }: LinkOptions): Promise<void> {
  const told = () => webhook.taken.findLast((event) => event.instanceId === id)?.payload
  await ask('POST', `/instances/${id}/connect`)
  await webhook.until(() => told()?.qrAvailable === true)
  const { body } = await ask<{ qr: string }>('GET', `/instances/${id}/qr`)
  await scan(body.qr)
  await webhook.until(() => told()?.status === 'connected')
}
