import { createLogger } from '@carteiro/runtime/logger'
import type { Test } from 'tap'
import { leavePreKeys, type TestAuth } from './linking/test-linked-device.ts'
import type { WhatsAppServer } from './server/whatsapp-server.ts'
import { type SimulatorOptions, startSimulator } from './start-simulator.ts'
import { connectDevice, linkDevice, type TestDevice } from './test-device.ts'

export interface TestSimulator {
  url: string
  server: WhatsAppServer
  /** Links a new device. */
  link(phone: string): Promise<TestAuth>
  /** Connects a device, a new one unless it is given, and waits until it is open. */
  device(phone: string, auth?: TestAuth): Promise<TestDevice>
  get(path: string): Promise<unknown>
  post(path: string, body?: unknown): Promise<Answer>
  call(method: string, path: string, body?: unknown): Promise<Answer>
}

export interface Answer {
  status: number
  body: Record<string, unknown>
}

/** A simulator of a test's own, on a free port, stopped with the test. */
export async function startTestSimulator(
  t: Test,
  options: Partial<SimulatorOptions> = {},
): Promise<TestSimulator> {
  const { url, server, stop } = await startSimulator({
    host: '127.0.0.1',
    port: 0,
    logger: createLogger('test', 'silent'),
    ...options,
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

  async function call(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(url + path, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? {} : JSON.parse(text) }
  }

  return {
    url,
    server,
    link,
    async device(phone, auth) {
      const device = connectDevice(url, auth ?? (await link(phone)))
      devices.push(device)
      await device.opened
      return device
    },
    get: async (path) => (await call('GET', path)).body,
    post: (path, body = {}) => call('POST', path, body),
    call,
  }
}
