import { setTimeout as sleep } from 'node:timers/promises'
import { createApiClient } from './api-client.ts'

/** The WhatsApp number of a development stack. */
export const DEMO_INSTANCE = 'demo-phone'

const INSTANCES = '/api/integrations/whatsapp/instances'
const POLL_MS = 50
const DEADLINE_MS = 60_000

/** Makes instance `demo-phone` by the API, as a client would, unless it is there. */
export async function createDemoInstance(apiUrl: string, apiKey: string): Promise<void> {
  const api = createApiClient(apiUrl, apiKey)
  const { status, body } = await api.post(INSTANCES, { id: DEMO_INSTANCE, name: 'Demo phone' })
  if (status === 201 || status === 409) return
  throw new Error(`The instance ${DEMO_INSTANCE} could not be made: ${status} ${JSON.stringify(body)}`)
}

/** Connects `demo-phone` and waits until it is. */
export async function connectDemoInstance(
  apiUrl: string,
  apiKey: string,
  signal?: AbortSignal,
): Promise<void> {
  const api = createApiClient(apiUrl, apiKey)
  const { status, body } = await api.post(`${INSTANCES}/${DEMO_INSTANCE}/connect`)
  if (status >= 300) {
    throw new Error(`The instance ${DEMO_INSTANCE} could not be connected: ${status} ${JSON.stringify(body)}`)
  }
  for (const deadline = Date.now() + DEADLINE_MS; ; await sleep(POLL_MS)) {
    signal?.throwIfAborted()
    const instance = (await api.get(`${INSTANCES}/${DEMO_INSTANCE}`)).body
    if (instance.connected === true) return
    if (Date.now() < deadline) continue
    throw new Error(
      `The instance ${DEMO_INSTANCE} is not connected after ${DEADLINE_MS / 1000} s, but ${instance.status}.`,
    )
  }
}
