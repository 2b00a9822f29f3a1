import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from './api-client.ts'

/** The WhatsApp number of a development stack. */
export const DEMO_INSTANCE = 'demo-phone'

const INSTANCES = '/api/integrations/whatsapp/instances'
const POLL_MS = 50
const DEADLINE_MS = 60_000

/** Makes an instance by the API, as a client would, unless it is there. */
export async function makeInstance(
  api: ApiClient,
  { id, name }: { id: string; name: string },
): Promise<void> {
  const { status, body } = await api.post(INSTANCES, { id, name })
  if (status === 201 || status === 409) return
  throw new Error(`The instance ${id} could not be made: ${status} ${JSON.stringify(body)}`)
}

/** Connects an instance and waits until it is. */
export async function connectInstance(api: ApiClient, id: string, signal?: AbortSignal): Promise<void> {
  const { status, body } = await api.post(`${INSTANCES}/${id}/connect`)
  if (status >= 300) {
    throw new Error(`The instance ${id} could not be connected: ${status} ${JSON.stringify(body)}`)
  }
  for (const deadline = Date.now() + DEADLINE_MS; ; await sleep(POLL_MS)) {
    signal?.throwIfAborted()
    const instance = (await api.get(`${INSTANCES}/${id}`)).body
    if (instance.connected === true) return
    if (Date.now() < deadline) continue
    throw new Error(
      `The instance ${id} is not connected after ${DEADLINE_MS / 1000} s, but ${instance.status}.`,
    )
  }
}
