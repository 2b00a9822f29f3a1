import { setTimeout as sleep } from 'node:timers/promises'
import { type ApiAnswer, type ApiClient, createApiClient } from './api-client.ts'

/** The WhatsApp number of a development stack. */
export const DEMO_INSTANCE = 'demo-phone'
/** The simulated phone that links it, digits. */
export const DEMO_PHONE = '5511900000000'

const INSTANCES = '/api/integrations/whatsapp/instances'
const POLL_MS = 50
const DEADLINE_MS = 60_000

/** Makes instance `demo-phone` by the API, as a client would, unless it is there. */
export async function createDemoInstance(apiUrl: string, apiKey: string): Promise<void> {
  const api = createApiClient(apiUrl, apiKey)
  const answer = await api.post(INSTANCES, { id: DEMO_INSTANCE, name: 'Demo phone' })
  if (answer.status === 201 || answer.status === 409) return
  throw refused('made', answer)
}

export interface LinkDemoOptions {
  api: { url: string; key: string }
  broker: { url: string; key: string }
  simulatorUrl: string
  signal?: AbortSignal | undefined
}

/**
 * Connects `demo-phone` and waits until it is. When it is not linked, or was logged out, its simulated phone scans the
 * QR code that the broker shows.
 *
 * @throws Error with a sentence, when it cannot be linked or is not connected in time
 */
export async function linkDemoInstance({ signal, ...options }: LinkDemoOptions): Promise<void> {
  const api = createApiClient(options.api.url, options.api.key)
  const broker = createApiClient(options.broker.url, options.broker.key)
  const simulator = createApiClient(options.simulatorUrl)
  await connect(api)
  for (const deadline = Date.now() + DEADLINE_MS; ; await sleep(POLL_MS, undefined, { signal })) {
    const instance = (await api.get(`${INSTANCES}/${DEMO_INSTANCE}`)).body
    if (instance.connected === true) return
    const session = (await broker.get(`/instances/${DEMO_INSTANCE}`)).body
    if (session.status === 'logged_out') await connect(api)
    if (session.qrAvailable === true) await scanQr(broker, simulator)
    if (Date.now() < deadline) continue
    throw new Error(
      `The instance ${DEMO_INSTANCE} is not connected after ${DEADLINE_MS / 1000} s, but ${session.status}.`,
    )
  }
}

async function connect(api: ApiClient): Promise<void> {
  const answer = await api.post(`${INSTANCES}/${DEMO_INSTANCE}/connect`)
  if (answer.status >= 300) throw refused('connected', answer)
}

async function scanQr(broker: ApiClient, simulator: ApiClient): Promise<void> {
  const shown = await broker.get(`/instances/${DEMO_INSTANCE}/qr`)
  if (shown.status !== 200) return
  const answer = await simulator.post(`/accounts/${DEMO_PHONE}/link`, { qr: shown.body.qr })
  // Another code may have taken its place meanwhile: the next look finds it.
  if (answer.status !== 201 && answer.status !== 404) throw refused('linked', answer)
}

function refused(what: string, { status, body }: ApiAnswer): Error {
  return new Error(`The instance ${DEMO_INSTANCE} could not be ${what}: ${status} ${JSON.stringify(body)}`)
}
