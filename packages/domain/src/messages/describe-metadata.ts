import type { MessageMetadata } from '@carteiro/contracts/message-metadata'
import type { MessageRow } from './store-message.ts'

/** Of an address book no more than this is told; the message itself keeps all of it. */
const MAX_CARDS = 20
const PLACE = ['latitude', 'longitude', 'name', 'address'] as const

/** What a message consists of besides its text, as `ticket.message` tells it. */
export function describeMetadata(row: MessageRow): MessageMetadata {
  const location = locationOf(row)
  const contacts = contactsOf(row)
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

/** As it came in; or as we sent it, where the intent is the content. */
function locationOf({ type, content }: MessageRow): Record<string, unknown> | undefined {
  if (isObject(content.location)) return content.location
  if (type !== 'location' || content.latitude === undefined) return undefined
  return Object.fromEntries(PLACE.map((name) => [name, content[name]]))
}

/** Cards without the vCard's text: names and numbers. */
function contactsOf({ type, content }: MessageRow): Record<string, unknown>[] | undefined {
  if (Array.isArray(content.contacts)) {
    return content.contacts
      .filter(isObject)
      .slice(0, MAX_CARDS)
      .map(({ vcard, ...card }) => card)
  }
  if (type !== 'contact' || content.fullName === undefined) return undefined
  const { fullName, phones, organization, emails } = content
  return [{ displayName: fullName, phones, organization, emails }]
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
