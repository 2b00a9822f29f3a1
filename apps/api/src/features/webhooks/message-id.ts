import { firstText, type JsonObject, objectOf } from '../../json/json-value.ts'

/** WhatsApp's own ids have 64 at most. */
export const MAX_ID_CHARACTERS = 256

/** First of the message's own id, its key's, the metadata's, the event's. A made-up one would break deduplication. */
export function readMessageId(
  event: JsonObject,
  message: JsonObject,
  metadata: JsonObject,
): string | undefined {
  const id = firstText(message.id, objectOf(message.key).id, metadata.messageId, event.id)
  return id !== undefined && id.length <= MAX_ID_CHARACTERS ? id : undefined
}

/** The id of an event that is no message. */
export function readEventId(event: JsonObject): string | undefined {
  const id = firstText(event.id, event.eventId)
  return id !== undefined && id.length <= MAX_ID_CHARACTERS ? id : undefined
}
