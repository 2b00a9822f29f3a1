import { EVENT_PAYLOADS, type EventPayload } from '@carteiro/contracts/event'
import type { NotificationTable } from '@carteiro/database/notification-tables'
import type { StoredEvent } from '../events/read.ts'

/** A notification to be. */
export interface NotificationDraft {
  type: NotificationTable['type']
  /** What it is made of: the same is told once. */
  source: string
  ticketId: string | null
  messageId: string | null
  instanceId: string | null
  title: string
  body: string
}

/** Events that may be worth a notification. */
export const NOTABLE = ['tickets.new', 'message.status.changed', 'whatsapp.instance.gap'] as const

type Notable = Pick<StoredEvent, 'type' | 'seq' | 'payload'>

/** What somebody should look at because of an event; `undefined` when nobody needs to. Pure. */
export function draftOf({ type, seq, payload }: Notable): NotificationDraft | undefined {
  const source = `event/${seq}`
  switch (type) {
    case 'tickets.new':
      return ofTicket(source, EVENT_PAYLOADS[type].parse(payload))
    case 'message.status.changed':
      return ofStatus(source, EVENT_PAYLOADS[type].parse(payload))
    case 'whatsapp.instance.gap':
      return ofGap(source, EVENT_PAYLOADS[type].parse(payload))
    default:
      return undefined
  }
}

/** Only of what a customer began: a campaign opens tickets that nobody waits in. */
function ofTicket(
  source: string,
  { ticketId, instanceId, contact, ticket }: EventPayload<'tickets.new'>,
): NotificationDraft | undefined {
  if (ticket.assigneeId !== null || ticket.unreadCount === 0) return undefined
  const who = contact.name ?? contact.phone ?? 'Somebody'
  return {
    ...{ type: 'ticket_unassigned', source, ticketId, instanceId, messageId: null },
    title: `${who} waits for an answer`,
    body: ticket.preview ?? '',
  }
}

function ofStatus(
  source: string,
  { ticketId, messageId, status, errorCode }: EventPayload<'message.status.changed'>,
): NotificationDraft | undefined {
  if (status !== 'FAILED') return undefined
  return {
    ...{ type: 'message_failed', source, ticketId, messageId, instanceId: null },
    title: 'A message was not sent',
    body: `Its error is ${errorCode ?? 'UNKNOWN_ERROR'}; send it again, or write another one.`,
  }
}

function ofGap(
  source: string,
  { instanceId, expected, seen }: EventPayload<'whatsapp.instance.gap'>,
): NotificationDraft {
  const counted = expected === null || seen === null ? '' : ` ${expected} were announced, ${seen} came.`
  return {
    ...{ type: 'instance_gap', source, ticketId: null, messageId: null, instanceId },
    title: `Messages of ${instanceId} may be missing`,
    body: `WhatsApp announced more than came while it was away.${counted} Look at the phone itself.`,
  }
}
