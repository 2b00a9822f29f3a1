import { v5 } from 'uuid'

/** Namespace of our envelopes' ids (RFC 9562, name-based UUIDs): any UUID that is ours alone. */
const NAMESPACE = '6f9619ff-8b86-4011-b42d-00c04fc964ff'

/**
 * The id of an event: the same one, whoever repeats it and by whichever door it comes.
 *
 * @param ownId what tells it from others of its kind: WhatsApp's id, and where there are several of one id, whose
 */
export const envelopeId = (
  { tenantId, instanceId }: { tenantId: string; instanceId: string },
  kind: string,
  ...ownId: string[]
): string => v5([tenantId, instanceId, kind, ...ownId].join('\n'), NAMESPACE)
