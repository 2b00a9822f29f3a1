import { formatJid, parseRecipient } from '@carteiro/contracts/jid'
import type { JsonObject } from '../../json/json-value.ts'
import { textIn } from './read-json.ts'

/** Where and when a change came in. */
export interface CloudArrival {
  tenantId: string
  instanceId: string
  receivedAt: Date
  requestId: string
}

/** Later years have five digits and more, which neither our contracts nor PostgreSQL read as ISO 8601. */
const END_OF_ISO_YEARS = Date.UTC(10_000, 0)

/** Meta's time, epoch seconds as text; what cannot be read becomes the time of receipt, and is flagged. */
export function readTime(
  event: JsonObject,
  receivedAt: Date,
): { timestamp: string; timestampInvalid?: true } {
  const written = textIn(event, 'timestamp')
  const milliseconds =
    written !== undefined && /^\d{1,12}$/.test(written) ? Number(written) * 1000 : Number.NaN
  if (milliseconds < END_OF_ISO_YEARS) return { timestamp: new Date(milliseconds).toISOString() }
  return { timestamp: receivedAt.toISOString(), timestampInvalid: true }
}

/** A person's chat, in the one spelling that all transports have; `undefined` where no phone is named. */
export function phoneJid(phone: string | undefined): { jid: string; e164: string } | undefined {
  const address = phone === undefined ? undefined : parseRecipient(phone)
  return address?.kind === 'phone' ? { jid: formatJid(address), e164: `+${address.digits}` } : undefined
}

/** What every envelope of an arrival has. */
export const baseOf = ({ tenantId, instanceId, receivedAt, requestId }: CloudArrival) => ({
  tenantId,
  instanceId,
  requestId,
  receivedAt: receivedAt.toISOString(),
})
