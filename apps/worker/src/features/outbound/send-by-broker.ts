import type { BrokerClient } from '@carteiro/broker-client/broker-client'
import { renderForPhone, renderIntent } from '@carteiro/contracts/intents/render-intent'
import type { ClaimedDelivery } from '@carteiro/domain/outbox/claim'
import type { AttemptOutcome } from '@carteiro/domain/outbox/settle'
import { toBrokerMessage } from './to-broker-message.ts'

/** Sends one claimed message; never throws for what a channel may do. */
export type Send = (delivery: ClaimedDelivery) => Promise<AttemptOutcome>

/** The channel to our broker: one HTTP call, whose idempotency key makes a repetition harmless. */
export function sendByBroker(broker: BrokerClient): Send {
  return async (delivery) => {
    const intent = renderIntent(delivery.intent)
    if (intent.intent === 'template' && intent.rendered === undefined) return NOT_FOR_PHONES
    return broker.sendMessage(delivery.instanceId, toBrokerMessage(delivery, renderForPhone(intent)), {
      idempotencyKey: idempotencyKeyOf(delivery),
      requestId: delivery.requestId ?? delivery.id,
    })
  }
}

/** A template that only Meta has: no phone can send it, however often it is tried. */
const NOT_FOR_PHONES: AttemptOutcome = {
  status: 'failed',
  fault: 'message',
  code: 'UNSUPPORTED_OPERATION',
  message: 'This template was queued without its text, which a linked phone needs.',
}

/** The delivery's id; after an operator's retry of a definite failure it is another message to WhatsApp. */
const idempotencyKeyOf = ({ id, keyGeneration }: ClaimedDelivery): string =>
  keyGeneration === 0 ? id : `${id}:${keyGeneration}`
