import type { MessageMetadata } from '@carteiro/contracts/message-metadata'
import { cardsOf, locationOf } from './describe-parts.ts'
import { isObject } from './is-object.ts'
import type { MessageRow } from './store-message.ts'

/** What a message consists of besides its text, as `ticket.message` tells it. */
export function describeMetadata(row: MessageRow): MessageMetadata {
  const location = locationOf(row)
  const contacts = cardsOf(row)
  return {
    broker: brokerOf(row),
    ...(row.media ? { media: row.media } : {}),
    ...(location ? { location } : {}),
    ...(contacts ? { contacts } : {}),
  }
}

function brokerOf(row: MessageRow): MessageMetadata['broker'] {
  const { broker } = row.metadata
  const told = isObject(broker) ? broker : typeof broker === 'string' ? { type: broker } : {}
  return {
    ...told,
    instanceId: row.instance_id,
    direction: row.direction,
    providerMessageId: row.provider_message_id,
    brokerMessageTimestamp: row.broker_at?.toISOString() ?? null,
    normalizedTimestamp: (row.broker_at ?? row.created_at).toISOString(),
    receivedAt: row.received_at?.toISOString() ?? null,
  }
}
