import type { MessageEnvelope, ReactionEnvelope } from '@carteiro/contracts/envelope'
import { envelopeId } from '../../envelope-id.ts'
import { defined, isObject, type JsonObject } from '../../json/json-value.ts'
import { readContent } from './cloud-content.ts'
import { idIn, listIn, objectIn, textIn } from './read-json.ts'
import { baseOf, type CloudArrival, phoneJid, readTime } from './to-envelope.ts'

/** Why one event of a body was not taken. */
export type CloudFault =
  | 'invalid_contract'
  | 'invalid_signature'
  | 'missing_id'
  | 'missing_phone'
  | 'provider_error'
  | 'unknown_instance'
  | 'unknown_status'

/**
 * Turns one of Meta's messages into our shape. `value` is the change that it stands in: its contacts tell the name.
 *
 * @returns why not, when it has no id, or names nobody with a phone
 */
export function toMessage(
  message: unknown,
  value: JsonObject,
  arrival: CloudArrival,
): MessageEnvelope | ReactionEnvelope | CloudFault {
  if (!isObject(message)) return 'invalid_contract'
  const providerMessageId = idIn(message, 'id')
  if (providerMessageId === undefined) return 'missing_id'
  const chat = textIn(message, 'group_id') === undefined ? phoneJid(textIn(message, 'from')) : undefined
  if (chat === undefined) return 'missing_phone'

  const { timestamp, timestampInvalid } = readTime(message, arrival.receivedAt)
  const base = {
    ...baseOf(arrival),
    timestamp,
    chatKey: chat.jid,
    providerMessageId,
    participantJid: null,
    contact: readContact(message, value, chat.e164),
  }
  if (message.type === 'reaction') return toReaction(message, base, arrival)
  return {
    ...base,
    kind: 'message',
    id: envelopeId(arrival, 'message', providerMessageId),
    direction: 'inbound',
    message: readMessage(message, providerMessageId, chat.jid),
    metadata: defined({ source: 'cloud_api', cloud: readNumber(value), timestampInvalid }),
  }
}

type ReactionBase = Omit<ReactionEnvelope, 'id' | 'kind' | 'targetMessageId' | 'emoji'>

function toReaction(
  message: JsonObject,
  base: ReactionBase,
  arrival: CloudArrival,
): ReactionEnvelope | CloudFault {
  const reaction = objectIn(message, 'reaction')
  const targetMessageId = idIn(reaction, 'message_id')
  if (targetMessageId === undefined) return 'invalid_contract'
  return {
    ...base,
    kind: 'reaction',
    id: envelopeId(arrival, 'reaction', base.providerMessageId),
    targetMessageId,
    // Taken back: Meta leaves the emoji out.
    emoji: textIn(reaction, 'emoji') ?? null,
  }
}

/** The message under the names that all transports' messages have. */
function readMessage(message: JsonObject, id: string, chatId: string): JsonObject {
  const context = objectIn(message, 'context')
  const errors = listIn(message, 'errors')
  return defined({
    id,
    chatId,
    ...readContent(message),
    quotedMessageId: idIn(context, 'id'),
    quotedParticipant: phoneJid(textIn(context, 'from'))?.jid,
    forwarded: context.forwarded === true || context.frequently_forwarded === true ? true : undefined,
    frequentlyForwarded: context.frequently_forwarded === true ? true : undefined,
    referredProduct: context.referred_product,
    referral: isObject(message.referral) ? message.referral : undefined,
    errors: errors.length > 0 ? errors : undefined,
  })
}

/** Meta names the sender beside the messages, by phone or by the id that it has for this business. */
function readContact(message: JsonObject, value: JsonObject, phone: string): MessageEnvelope['contact'] {
  const contacts = listIn(value, 'contacts').filter(isObject)
  const from = textIn(message, 'from')
  const userId = textIn(message, 'from_user_id')
  const contact = contacts.find(
    (one) => textIn(one, 'wa_id') === from || (userId !== undefined && textIn(one, 'user_id') === userId),
  )
  const profile = contact ? objectIn(contact, 'profile') : {}
  return defined({
    phone,
    pushName: textIn(profile, 'name'),
    userId: userId ?? (contact && textIn(contact, 'user_id')),
    username: textIn(profile, 'username'),
  })
}

function readNumber(value: JsonObject): JsonObject {
  const metadata = objectIn(value, 'metadata')
  return defined({
    phoneNumberId: textIn(metadata, 'phone_number_id'),
    displayPhoneNumber: textIn(metadata, 'display_phone_number'),
  })
}
