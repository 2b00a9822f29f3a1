import { z } from 'zod'
import type { ShownMessage } from '../phone/shown-message.ts'

const File = z.object({
  kind: z.string(),
  mimetype: z.string(),
  bytes: z.number(),
  fileName: z.string().optional(),
  seconds: z.number().optional(),
})

const Place = z.object({
  latitude: z.number(),
  longitude: z.number(),
  name: z.string().optional(),
  address: z.string().optional(),
})

/** A message as a phone shows it. */
export const Message = z.object({
  id: z.string(),
  /** The other person's phone, or the group's jid. */
  chat: z.string(),
  /** The author's phone. */
  from: z.string(),
  pushName: z.string(),
  /** As the author's device says. */
  at: z.string(),
  /** When this phone showed it first. */
  shownAt: z.string(),
  type: z.string(),
  /** The text, caption, question or name; `null` where there is none. */
  text: z.string().nullable(),
  /** How often the wire brought it. */
  stanzas: z.number(),
  file: File.optional(),
  location: Place.optional(),
  contacts: z.array(z.object({ name: z.string(), phones: z.array(z.string()) })).optional(),
  poll: z.object({ options: z.array(z.string()), selectableCount: z.number() }).optional(),
  quotedId: z.string().optional(),
  mentions: z.array(z.string()).optional(),
  viewOnce: z.boolean().optional(),
  ephemeralSeconds: z.number().optional(),
  /** Of type `other`: the name of its field. */
  field: z.string().optional(),
  edited: z.boolean(),
  revoked: z.boolean(),
  reactions: z.array(z.object({ from: z.string(), emoji: z.string() })),
  votes: z.array(z.object({ from: z.string(), options: z.array(z.string()) })),
  read: z.boolean(),
  played: z.boolean(),
})
export type Message = z.output<typeof Message>

const Status = z.enum(['pending', 'sent', 'delivered', 'read', 'played', 'refused'])
export type Status = z.output<typeof Status>

/** A message in a chat: of what this person wrote, also what became of it. */
export const ChatMessage = Message.extend({
  mine: z.boolean(),
  /** The least that is known of every reader; only of what this person wrote. */
  status: Status.optional(),
  /** The server's code for its refusal. */
  refused: z.number().optional(),
  receipts: z.array(z.object({ from: z.string(), device: z.number(), kind: z.string(), at: z.string() })),
})
export type ChatMessage = z.output<typeof ChatMessage>

export function describeMessage(shown: ShownMessage): Message {
  const { content, at, shownAt, receipts: _receipts, ack: _ack, ...facts } = shown
  return { ...facts, ...content, at: at.toISOString(), shownAt: shownAt.toISOString() }
}

/**
 * @param own the phone that shows it
 * @param readers phones of everybody else in the chat
 */
export function describeChatMessage(shown: ShownMessage, own: string, readers: string[]): ChatMessage {
  const mine = shown.from === own
  const { ack } = shown
  return {
    ...describeMessage(shown),
    mine,
    ...(mine && { status: statusOf(shown, readers) }),
    ...(typeof ack === 'object' && { refused: ack.refused }),
    receipts: shown.receipts.map((receipt) => ({ ...receipt, at: receipt.at.toISOString() })),
  }
}

const RANK = { delivered: 1, read: 2, played: 3 } as const
const BY_RANK: Status[] = ['sent', 'delivered', 'read', 'played']

/** What is true for each reader, as two ticks stand for everybody in a group. */
export function statusOf({ ack, receipts }: ShownMessage, readers: string[]): Status {
  if (typeof ack === 'object') return 'refused'
  const ranks = readers.map((reader) =>
    Math.max(0, ...receipts.filter(({ from }) => from === reader).map(({ kind }) => RANK[kind])),
  )
  const least = ranks.length === 0 ? 0 : Math.min(...ranks)
  if (least === 0 && ack === undefined && receipts.length === 0) return 'pending'
  return BY_RANK[least] ?? 'sent'
}
