import { createLogger } from '@carteiro/runtime/logger'
import type { Test } from 'tap'
import { startSimulator } from './start-simulator.ts'
import { connectDevice, type TestCredentials, type TestDevice } from './test-device.ts'

export interface TestSimulator {
  url: string
  /** Connects a device and waits until it is open. */
  device(phone: string, credentials?: TestCredentials): Promise<TestDevice>
  get(path: string): Promise<unknown>
  post(path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>
}

/** A simulator of a test's own, on a free port, stopped with the test. */
export async function startTestSimulator(t: Test): Promise<TestSimulator> {
  const simulator = await startSimulator({
    host: '127.0.0.1',
    port: 0,
    logger: createLogger('test', 'silent'),
  })
  // libsignal prints whole sessions.
  t.capture(console, 'info')
  t.capture(console, 'warn')
  const { url } = simulator
  const devices: TestDevice[] = []
  t.teardown(async () => {
    await simulator.stop()
    await Promise.all(devices.map(({ closed }) => closed))
  })
  return {
    url,
    async device(phone, credentials) {
      const device = connectDevice(url, phone, credentials)
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
