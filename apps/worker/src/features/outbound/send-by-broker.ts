import type { BrokerClient } from '@carteiro/broker-client/broker-client'
import { toBrokerMessage } from '@carteiro/contracts/intents/to-broker-message'
import type { ClaimedDelivery } from '@carteiro/domain/outbox/claim'
import type { AttemptOutcome } from '@carteiro/domain/outbox/settle'
import { idempotencyKeyOf, toPhoneIntent } from '@carteiro/domain/outbox/to-phone'
import type { LinkOf } from '@carteiro/domain/uploads/link'

/** Sends one claimed message; never throws for what a channel may do. */
export type Send = (delivery: ClaimedDelivery) => Promise<AttemptOutcome>

/**
 * The channel to our broker: one HTTP call, whose idempotency key makes a repetition harmless. An upload is named by a
 * link, which the broker fetches.
 */
export function sendByBroker(broker: BrokerClient, linkOf: LinkOf | undefined): Send {
  return async (delivery) => {
    const intent = toPhoneIntent(delivery, linkOf)
    if ('status' in intent) return intent
    return broker.sendMessage(delivery.instanceId, toBrokerMessage(delivery, intent), {
      idempotencyKey: idempotencyKeyOf(delivery),
      requestId: delivery.requestId ?? delivery.id,
    })
  }
}
