import type { BrokerClient } from '@carteiro/broker-client/broker-client'
import type { ClaimedDelivery } from '@carteiro/domain/outbox/claim'
import type { AttemptOutcome } from '@carteiro/domain/outbox/settle'
import { toBrokerMessage } from './to-broker-message.ts'

/** Sends one claimed message; never throws for what a channel may do. */
export type Send = (delivery: ClaimedDelivery) => Promise<AttemptOutcome>

/** The channel to our broker: one HTTP call, whose idempotency key makes a repetition harmless. */
export function sendByBroker(broker: BrokerClient): Send {
  return (delivery) =>
    broker.sendMessage(delivery.instanceId, toBrokerMessage(delivery, delivery.intent), {
      idempotencyKey: idempotencyKeyOf(delivery),
      requestId: delivery.requestId ?? delivery.id,
    })
}

/** The delivery's id; after an operator's retry of a definite failure it is another message to WhatsApp. */
const idempotencyKeyOf = ({ id, generation }: ClaimedDelivery): string =>
  generation === 0 ? id : `${id}:${generation}`
