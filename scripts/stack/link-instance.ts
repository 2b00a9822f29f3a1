import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiAnswer, ApiClient } from './api-client.ts'

/** The WhatsApp number of a development stack. */
export const DEMO_INSTANCE = 'demo-phone'
/** The simulated phone that links it, digits. */
export const DEMO_PHONE = '5511900000000'

const INSTANCES = '/api/integrations/whatsapp/instances'
const POLL_MS = 100
const DEADLINE_MS = 120_000

/** Makes an instance by the API, as a client would, unless it is there. */
export async function makeInstance(
  api: ApiClient,
  { id, name }: { id: string; name: string },
): Promise<void> {
  const answer = await api.post(INSTANCES, { id, name })
  if (answer.status === 201 || answer.status === 409) return
  throw refused(id, 'made', answer)
}

export interface LinkOptions {
  api: ApiClient
  broker: ApiClient
  simulator: ApiClient
  signal?: AbortSignal | undefined
}

/**
 * Connects an instance and waits until it is. When it is not linked, or was logged out, a simulated phone scans the QR
 * code that the broker shows.
 *
 * @param phone digits
 * @throws Error with a sentence, when it cannot be linked or is not connected in time
 */
export async function linkInstance(
  { id, phone }: { id: string; phone: string },
  { api, broker, simulator, signal }: LinkOptions,
): Promise<void> {
  await connect(api, id)
  for (const deadline = Date.now() + DEADLINE_MS; ; await sleep(POLL_MS, undefined, { signal })) {
    const instance = (await api.get(`${INSTANCES}/${id}`)).body
    if (instance.connected === true) return
    const session = (await broker.get(`/instances/${id}`)).body
    if (session.status === 'logged_out') await connect(api, id)
    if (session.qrAvailable === true) await scanQr({ broker, simulator }, { id, phone })
    if (Date.now() < deadline) continue
    throw new Error(
      `The instance ${id} is not connected after ${DEADLINE_MS / 1000} s, but ${session.status}.`,
    )
  }
}

async function connect(api: ApiClient, id: string): Promise<void> {
  const answer = await api.post(`${INSTANCES}/${id}/connect`)
  if (answer.status >= 300) throw refused(id, 'connected', answer)
}

async function scanQr(
  { broker, simulator }: Pick<LinkOptions, 'broker' | 'simulator'>,
  { id, phone }: { id: string; phone: string },
): Promise<void> {
  const shown = await broker.get(`/instances/${id}/qr`)
  if (shown.status !== 200) return
  const answer = await simulator.post(`/accounts/${phone}/link`, { qr: shown.body.qr })
  // Another code may have taken its place meanwhile: the next look finds it.
  if (answer.status !== 201 && answer.status !== 404) throw refused(id, 'linked', answer)
}

function refused(id: string, what: string, { status, body }: ApiAnswer): Error {
  return new Error(`The instance ${id} could not be ${what}: ${status} ${JSON.stringify(body)}`)
}
