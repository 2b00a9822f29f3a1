import type { DeliveryState } from '@carteiro/contracts/delivery'
import type { MessageView } from '@carteiro/contracts/event'
import type { MessagePoll, QuotedMessage } from '@carteiro/contracts/message-parts'
import { cut } from '@carteiro/contracts/storable-text'
import type { Queryable } from '@carteiro/database/connect'
import { optionId } from './decrypt-vote.ts'
import { cardsOf, locationOf, mentionsOf, participantOfRow, pollOf, quoteOf } from './describe-parts.ts'
import { MAX_QUOTED_TEXT, type Related, readRelated, UNRELATED } from './read-related.ts'
import type { MessageRow } from './store-message.ts'

/**
 * Rows of `message`, as lists and events show them, in their order: with the messages that they quote, what was
 * reacted and voted, and what phones told of them. One statement for all.
 */
export async function toMessageViews(db: Queryable, rows: MessageRow[]): Promise<MessageView[]> {
  const related = await readRelated(db, rows)
  return rows.map((row) => toView(row, related.get(row.id) ?? UNRELATED))
}

/** The same of messages that were stored just now: nobody can have reacted to them, so only quotes are looked for. */
export async function toNewMessageViews(db: Queryable, rows: MessageRow[]): Promise<MessageView[]> {
  const quoted = await readRelated(
    db,
    rows.filter((row) => quoteOf(row) !== null),
  )
  return rows.map((row) => toView(row, quoted.get(row.id) ?? UNRELATED))
}

/** One of them. */
export async function toMessageView(db: Queryable, row: MessageRow): Promise<MessageView> {
  const [view] = await toMessageViews(db, [row])
  if (!view) throw new Error('a message has no view')
  return view
}

function toView(row: MessageRow, related: Related): MessageView {
  const { reactions, deliveredAt, readAt, receipts } = related
  return {
    id: row.id,
    ticketId: row.ticket_id,
    instanceId: row.instance_id,
    direction: row.direction,
    type: row.type,
    text: row.text,
    providerMessageId: row.provider_message_id,
    status: row.state as DeliveryState | null,
    media: row.media,
    quoted: toQuoted(row, related),
    poll: toPoll(row, related),
    location: locationOf(row),
    contacts: cardsOf(row),
    mentions: mentionsOf(row),
    forwarded: row.content.forwarded === true,
    participant: participantOfRow(row),
    editedAt: timeOf(row.metadata.editedAt),
    revokedAt: timeOf(row.metadata.revokedAt),
    ...{ reactions, deliveredAt, readAt, receipts },
    createdAt: row.created_at.toISOString(),
  }
}

function toQuoted(row: MessageRow, { quoted }: Related): QuotedMessage | null {
  const written = quoteOf(row)
  if (!written) return null
  const { providerMessageId, type, text, participantJid } = written
  if (quoted) return { ...quoted, providerMessageId, participantJid: quoted.participantJid ?? participantJid }
  const begins = text && cut(text, MAX_QUOTED_TEXT)
  return { id: null, providerMessageId, direction: null, type, text: begins, media: null, participantJid }
}

function toPoll(row: MessageRow, { votes, voters }: Related): MessagePoll | null {
  const poll = pollOf(row)
  if (!poll) return null
  const options = poll.options.map((name) => ({ name, votes: votes[optionId(name)] ?? 0 }))
  return { ...poll, options, voters }
}

const timeOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
