import { createLogger } from '@carteiro/runtime/logger'
import type { Test } from 'tap'
import { leavePreKeys, type TestAuth } from './linking/test-linked-device.ts'
import { startSimulator } from './start-simulator.ts'
import { connectDevice, linkDevice, type TestDevice } from './test-device.ts'

export interface TestSimulator {
  url: string
  /** Links a new device. */
  link(phone: string): Promise<TestAuth>
  /** Connects a device, a new one unless it is given, and waits until it is open. */
  device(phone: string, auth?: TestAuth): Promise<TestDevice>
  get(path: string): Promise<unknown>
  post(path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>
}

/** A simulator of a test's own, on a free port, stopped with the test. */
export async function startTestSimulator(t: Test): Promise<TestSimulator> {
  const { url, server, stop } = await startSimulator({
    host: '127.0.0.1',
    port: 0,
    logger: createLogger('test', 'silent'),
  })
  // libsignal prints whole sessions.
  for (const method of ['log', 'info', 'warn', 'error'] as const) t.capture(console, method)
  const devices: TestDevice[] = []
  t.teardown(async () => {
    await stop()
    await Promise.all(devices.map(({ closed }) => closed))
  })

  async function link(phone: string): Promise<TestAuth> {
    const auth = await linkDevice(url, phone)
    await leavePreKeys(auth, server.persons.deviceAt(auth.creds.me?.id))
    return auth
  }

  return {
    url,
    link,
    async device(phone, auth) {
      const device = connectDevice(url, auth ?? (await link(phone)))
      devices.push(device)
      await device.opened
      return device
    },
    get: async (path) => await (await fetch(url + path)).json(),
    async post(path, body = {}) {
      const answer = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    },
  }
}
