import { type PhoneIntent, renderForPhone, renderIntent } from '@carteiro/contracts/intents/render-intent'
import type { ClaimedDelivery } from './claim.ts'
import type { AttemptFailed } from './settle.ts'

/** What a linked phone sends for a delivery; a failure for what none can send, however often it is tried. */
export function toPhoneIntent({ intent }: Pick<ClaimedDelivery, 'intent'>): PhoneIntent | AttemptFailed {
  const rendered = renderIntent(intent)
  const isMetaAlone = rendered.intent === 'template' && rendered.rendered === undefined
  return isMetaAlone ? NOT_FOR_PHONES : renderForPhone(rendered)
}

const NOT_FOR_PHONES: AttemptFailed = {
  status: 'failed',
  fault: 'message',
  code: 'UNSUPPORTED_OPERATION',
  message: 'This template was queued without its text, which a linked phone needs.',
}

/** The delivery's id; after an operator's retry of a definite failure it is another message to WhatsApp. */
export const idempotencyKeyOf = ({
  id,
  keyGeneration,
}: Pick<ClaimedDelivery, 'id' | 'keyGeneration'>): string =>
  keyGeneration === 0 ? id : `${id}:${keyGeneration}`
