import { isObject } from '../messages/is-object.ts'
import { nothingOf } from './without-person.ts'

/** What says when and which, and of whom nothing. */
const KEPT: Record<string, readonly string[]> = {
  '': [
    ...['ticketId', 'contactId', 'instanceId', 'messageId', 'mergedContactId', 'mergedInto', 'tenantId'],
    ...['status', 'errorCode', 'purpose', 'at'],
  ],
  message: [
    ...['id', 'ticketId', 'instanceId', 'direction', 'type', 'status', 'createdAt'],
    ...['editedAt', 'revokedAt', 'deliveredAt', 'readAt'],
  ],
  broker: ['instanceId', 'direction', 'brokerMessageTimestamp', 'normalizedTimestamp', 'receivedAt'],
  ticket: ['status', 'queueId', 'assigneeId', 'unreadCount', 'lastMessageAt', 'version'],
  timeline: ['firstInboundAt', 'lastInboundAt', 'firstOutboundAt', 'lastOutboundAt'],
  contact: ['id', 'isGroup'],
  note: ['id', 'by', 'at'],
  notification: ['id', 'type', 'ticketId', 'messageId', 'instanceId', 'readAt', 'snoozedUntil', 'createdAt'],
  change: ['what', 'at', 'byMessageId'],
}

/** Texts that no event is without. */
const EMPTY: Record<string, readonly string[]> = {
  note: ['text'],
  notification: ['title', 'body'],
  change: ['by'],
}

/** Members that are kept in part. */
const WITHIN: Record<string, readonly string[]> = {
  '': ['message', 'metadata', 'ticket', 'timeline', 'contact', 'note', 'notification', 'change'],
  metadata: ['broker'],
}

/**
 * An event as it is told when the person in it is forgotten: the same members, and in them ids, times and states alone.
 * What is not known to be one of these is blank: a member that is added later is so by itself. Pure.
 */
export function blankEvent(payload: Record<string, unknown>, part = ''): Record<string, unknown> {
  const members = Object.entries(payload).map(([key, value]) => [key, blankMember(part, key, value)])
  return Object.fromEntries(members)
}

function blankMember(part: string, key: string, value: unknown): unknown {
  if (KEPT[part]?.includes(key) && !isObject(value)) return value
  if (WITHIN[part]?.includes(key) && isObject(value)) return blankEvent(value, key)
  return EMPTY[part]?.includes(key) ? '' : nothingOf(value)
}

/** The last words, which a ticket's events tell without their message. Pure. */
export function withoutLastWords(payload: Record<string, unknown>): Record<string, unknown> {
  const { ticket, notification } = payload
  return {
    ...payload,
    ...(isObject(ticket) ? { ticket: { ...ticket, preview: null } } : {}),
    ...(isObject(notification) ? { notification: { ...notification, body: '' } } : {}),
  }
}

/** What is quoted, where it is a message that is forgotten. Pure. */
export function withoutQuote(payload: Record<string, unknown>): Record<string, unknown> {
  const { message } = payload
  if (!isObject(message) || !isObject(message.quoted)) return payload
  const quoted = { ...message.quoted, text: null, media: null, participantJid: null }
  return { ...payload, message: { ...message, quoted } }
}
