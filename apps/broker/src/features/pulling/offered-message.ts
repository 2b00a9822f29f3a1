import { Intent } from '@carteiro/contracts/intent'
import { renderForPhone } from '@carteiro/contracts/intents/render-intent'
import { toBrokerMessage } from '@carteiro/contracts/intents/to-broker-message'
import { z } from 'zod'

const Offered = z.object({
  messageId: z.uuid(),
  instanceId: z.string().min(1).max(64),
  to: z.string().min(1).max(100),
  intent: z.string(),
  payload: z.looseObject({}),
  idempotencyKey: z.string().min(1).max(200),
})

/** A message as the gateway offered it, ready for the sender. */
export interface OfferedMessage {
  seq: number
  messageId: string
  idempotencyKey: string
  instanceId: string
  recipient: string
  /** The body of a send; `undefined` for what this broker does not know how to send. */
  message: Record<string, unknown> | undefined
}

/** @returns `undefined` for an event that is no offer */
export function readOffered(data: string, id: string | undefined): OfferedMessage | undefined {
  const seq = Number(id)
  const offered = Offered.safeParse(parse(data))
  if (!offered.success || !Number.isSafeInteger(seq) || seq < 1) return undefined
  const { messageId, idempotencyKey, instanceId, to, intent, payload } = offered.data
  const known = Intent.safeParse({ ...payload, intent })
  const addressed = { id: messageId, instanceId, recipient: to }
  const message = known.success ? { ...toBrokerMessage(addressed, renderForPhone(known.data)) } : undefined
  return { seq, messageId, idempotencyKey, instanceId, recipient: to, message }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
