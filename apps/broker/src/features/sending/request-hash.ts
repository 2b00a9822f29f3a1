import { createHash } from 'node:crypto'
import type { BrokerOutboundMessage } from '@carteiro/contracts/broker-send'

/** What signed addresses carry anew each time: S3, CloudFront, Google, Azure, and ours. */
const SIGNING =
  /^(x-amz-.*|x-goog-.*|awsaccesskeyid|signature|expires|policy|key-pair-id|sig|se|st|sp|sv|sr|token|exp)$/i

/**
 * What makes two sends the same message: recipient and content, not the notes (`metadata`, `externalId`) that
 * travel beside them and may change between tries. A file counts by what names it, its address without the parts
 * that sign it, and never by what the address gives.
 *
 * @param jid the recipient as it is sent to, so that two spellings of a phone are one
 */
export function requestHash(jid: string, message: BrokerOutboundMessage): Buffer {
  const { to: _to, instanceId: _i, sessionId: _s, externalId: _e, metadata: _m, ...content } = message
  const canonical = JSON.stringify([jid, content], (name, value: unknown) =>
    name === 'url' && typeof value === 'string' ? withoutSignature(value) : value,
  )
  return createHash('sha256').update(canonical).digest()
}

function withoutSignature(text: string): string {
  const url = new URL(text)
  for (const name of [...url.searchParams.keys()]) if (SIGNING.test(name)) url.searchParams.delete(name)
  return url.href
}
