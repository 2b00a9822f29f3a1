import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../../stack/api-client.ts'
import { untilAnswered } from '../parts/until-answered.ts'
import type { CampaignPlan } from './plan.ts'

/** A message of an instance that has no campaign. */
export interface Probe {
  instanceId: string
  /** From the client's request to the phone. */
  ms: number
}

interface Clients {
  api: ApiClient
  simulator: ApiClient
}

const LOOK_MS = 20

/**
 * Sends from other instances while the campaign runs, each message to a recipient of its own, spread over the window.
 *
 * @throws when one is refused, or is not on its phone by the deadline
 */
export async function sendProbes(
  clients: Clients,
  instanceIds: string[],
  { probes, windowMs, deadline }: CampaignPlan,
): Promise<Probe[]> {
  const signal = AbortSignal.timeout(deadline - Date.now())
  return Promise.all(
    Array.from({ length: probes }, async (_, n) => {
      await sleep(((n + Math.random()) * windowMs) / probes, undefined, { signal })
      return sendProbe(clients, { instanceId: instanceIds[n % instanceIds.length] ?? '', n, signal })
    }),
  )
}

async function sendProbe(
  { api, simulator }: Clients,
  { instanceId, n, signal }: { instanceId: string; n: number; signal: AbortSignal },
): Promise<Probe> {
  const phone = `55218${String(n).padStart(8, '0')}`
  const startedAt = Date.now()
  const body = { instanceId, to: `+${phone}`, text: `probe-${n}`, idempotencyKey: `probe-${n}` }
  const answer = await untilAnswered(() => api.post('/api/v1/outbound/messages', body), undefined, signal)
  if (answer.status >= 300) throw new Error(`refused: ${JSON.stringify(answer)}`)
  for (;;) {
    const { items } = (await simulator.get(`/customers/${phone}/messages`)).body
    if (items.length > 0) return { instanceId, ms: Date.parse(items[0].shownAt) - startedAt }
    await sleep(LOOK_MS, undefined, { signal })
  }
}
