import type { BrokerClient } from '@carteiro/broker-client/broker-client'
import { renderForPhone } from '@carteiro/contracts/intents/render-intent'
import type { ClaimedDelivery } from '@carteiro/domain/outbox/claim'
import type { AttemptOutcome } from '@carteiro/domain/outbox/settle'

/** Sends one claimed message; never throws for what a channel may do. */
export type Send = (delivery: ClaimedDelivery) => Promise<AttemptOutcome>

/** The channel to our broker: one HTTP call, whose idempotency key makes a repetition harmless. */
export function sendByBroker(broker: BrokerClient): Send {
  return async (delivery) => {
    const intent = renderForPhone(delivery.intent)
    if (intent.intent !== 'text') return unsupported(intent.intent)
    return broker.sendMessage(
      delivery.instanceId,
      {
        instanceId: delivery.instanceId,
        to: delivery.recipient,
        type: intent.intent,
        message: intent.text,
        ...(intent.previewUrl === undefined ? {} : { previewUrl: intent.previewUrl }),
        externalId: delivery.id,
      },
      { idempotencyKey: idempotencyKeyOf(delivery), requestId: delivery.requestId ?? delivery.id },
    )
  }
}

const unsupported = (type: string): AttemptOutcome => ({
  status: 'failed',
  fault: 'message',
  code: 'UNSUPPORTED_TYPE',
  message: `The broker cannot send ${type}.`,
})

/** The delivery's id; after an operator's retry of a definite failure it is another message to WhatsApp. */
const idempotencyKeyOf = ({ id, keyGeneration }: ClaimedDelivery): string =>
  keyGeneration === 0 ? id : `${id}:${keyGeneration}`
