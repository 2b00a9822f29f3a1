import { SIMULATOR_ROOT } from '@carteiro/simulation/wire/certificate'
import { UPLOAD_TIMEOUT } from '@whiskeysockets/baileys'
import type { Reply } from './test-broker.ts'
import type { TestWebhook } from './test-webhook.ts'

/** The phone that links the instances of tests. */
export const ACCOUNT = '5511912345678'

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
  letUploadTimersGo()
  await ask('POST', `/instances/${id}/connect`)
  await webhook.until(() => told()?.qrAvailable === true)
  const { body } = await ask<{ qr: string }>('GET', `/instances/${id}/qr`)
  await scan(body.qr)
  await webhook.until(() => told()?.status === 'connected')
}

/** Baileys leaves the timer of its prekey upload running, and the test's process would live half a minute longer. */
function letUploadTimersGo(): void {
  if (patched) return
  patched = true
  const original = globalThis.setTimeout
  const patient = (run: () => void, delayMs?: number, ...args: []) => {
    const timer = original(run, delayMs, ...args)
    return delayMs === UPLOAD_TIMEOUT ? timer.unref() : timer
  }
  Object.assign(globalThis, { setTimeout: Object.assign(patient, original) })
}
let patched = false
