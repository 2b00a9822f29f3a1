import { createHash } from 'node:crypto'
import type { BrokerOutboundMessage } from '@carteiro/contracts/broker-api'

/**
 * What makes two sends the same message: recipient and content, not the notes (`metadata`, `externalId`) that
 * travel beside them and may change between tries.
 *
 * @param jid the recipient as it is sent to, so that two spellings of a phone are one
 */
export function requestHash(jid: string, message: BrokerOutboundMessage): Buffer {
  const canonical = JSON.stringify([jid, message.type, message.message, message.previewUrl ?? false])
  return createHash('sha256').update(canonical).digest()
}
