import { hash } from 'node:crypto'

/** Namespace of our envelopes' ids: any UUID that is ours alone. */
const NAMESPACE = Buffer.from('6f9619ff8b864011b42d00c04fc964ff', 'hex')

/**
 * The id of an event: the same one, whoever repeats it and by whichever door it comes.
 *
 * @param ownId what tells it from others of its kind: WhatsApp's id, and where there are several of one id, whose
 */
export const envelopeId = (
  { tenantId, instanceId }: { tenantId: string; instanceId: string },
  kind: string,
  ...ownId: string[]
): string => nameBasedUuid([tenantId, instanceId, kind, ...ownId].join('\n'))

/** UUIDv5 (RFC 9562, section 5.5). Every event has one: the package `uuid` takes several times as long. */
function nameBasedUuid(name: string): string {
  const digest = hash('sha1', Buffer.concat([NAMESPACE, Buffer.from(name)]), 'buffer')
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x50, 6)
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = digest.toString('hex', 0, 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
