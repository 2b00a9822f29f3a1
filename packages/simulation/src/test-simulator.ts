import { createLogger } from '@carteiro/runtime/logger'
import type { Test } from 'tap'
import { linkDevice, type TestAuth } from './linking/test-linked-device.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from './start-simulator.ts'
import { connectDevice, type TestDevice } from './test-device.ts'

export interface TestSimulator {
  url: string
  whatsapp: Simulator['whatsapp']
  media: Simulator['media']
  /** Links a device by QR code: what it connects with from then on. */
  link(phone: string): Promise<TestAuth>
  /** Connects a device, linked before or linked now, and waits until it is open. */
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
  const simulator = await startSimulator({
    host: '127.0.0.1',
    port: 0,
    logger: createLogger('test', 'silent'),
    ...options,
  })
  // libsignal prints whole sessions.
  for (const method of ['log', 'info', 'warn', 'error'] as const) t.capture(console, method)
  const { url } = simulator
  const devices: TestDevice[] = []
  t.teardown(async () => {
    await simulator.stop()
    await Promise.all(devices.map(({ closed }) => closed))
  })
  const link = async (phone: string) => (await linkDevice(url, simulator.whatsapp, phone)).auth
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
    whatsapp: simulator.whatsapp,
    media: simulator.media,
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
