import type { ApiClient } from '../../stack/api-client.ts'
import { untilAnswered } from '../parts/until-answered.ts'
import type { CampaignPlan } from './plan.ts'

/** Requests that are under way at once. */
const CONCURRENCY = 32

const phoneOf = (n: number): string => `55119${String(n).padStart(8, '0')}`

/**
 * Accepts the beginning of a campaign by the API's route, one message for each recipient.
 *
 * @returns how long that took, in milliseconds
 * @throws when a message is refused, or the time is over
 */
export async function queueCampaign(
  api: ApiClient,
  instanceId: string,
  { routed, deadline }: CampaignPlan,
): Promise<{ tookMs: number }> {
  const startedAt = Date.now()
  const signal = AbortSignal.timeout(deadline - startedAt)
  let next = 0
  const client = async () => {
    for (let n = next++; n < routed; n = next++) {
      const body = { instanceId, to: `+${phoneOf(n)}`, text: `campaign-${n}`, priority: 2 }
      const key = { idempotencyKey: `campaign-${n}` }
      const post = () => api.post('/api/v1/outbound/messages', { ...body, ...key })
      const answer = await untilAnswered(post, undefined, signal)
      if (answer.status >= 300) throw new Error(`refused: ${JSON.stringify(answer)}`)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, client))
  return { tookMs: Date.now() - startedAt }
}
