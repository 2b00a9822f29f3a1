import type { ApiClient } from '../../stack/api-client.ts'
import { untilAnswered } from '../parts/until-answered.ts'
import type { PlannedOutbound } from './plan-outbound.ts'
import { type Pacing, untilDue } from './write-inbound.ts'

/** A message that the API accepted. */
export interface QueuedMessage extends PlannedOutbound {
  /** Ours, of the delivery. */
  id: string
  /** Of a reaction: the delivery that is reacted to. */
  targetId: string | undefined
}

/** Operators send, one message of a chat after the other, so that the order of acceptance is known. */
export async function queueOutbound(
  api: ApiClient,
  pacing: Pacing,
  plan: PlannedOutbound[][],
): Promise<QueuedMessage[][]> {
  return await Promise.all(
    plan.map(async (messages) => {
      const queued: QueuedMessage[] = []
      for (const message of messages) {
        await untilDue(pacing, message.dueAt)
        const targetId = queued.find(({ name }) => name === message.target)?.id
        queued.push({ ...message, targetId, id: await queue(api, pacing.signal, message, targetId) })
      }
      return queued
    }),
  )
}

async function queue(
  api: ApiClient,
  signal: AbortSignal,
  { name, chat, members }: PlannedOutbound,
  messageId: string | undefined,
): Promise<string> {
  const body = {
    ...{ instanceId: chat.instanceId, idempotencyKey: name, ...members },
    to: chat.name.includes('@') ? chat.name : `+${chat.name}`,
    ...(messageId === undefined ? {} : { messageId }),
  }
  const answer = await untilAnswered(
    () => api.post('/api/v1/outbound/messages', body),
    // Nobody reacts to what has not left yet: that is said by 400.
    (status) => status < 500 && status !== 429 && !(messageId !== undefined && status === 400),
    signal,
  )
  if (answer.status >= 300) throw new Error(`${name} was refused: ${JSON.stringify(answer.body)}`)
  return answer.body.id
}
