import type { ReadContent } from './read-content.ts'

/** What the sender of a message learnt of one device. */
export interface ShownReceipt {
  /** The person's phone. */
  from: string
  device: number
  kind: 'delivered' | 'read' | 'played'
  at: Date
}

/** A message as the phone shows it. People are named by phone (digits), groups by jid. */
export interface ShownMessage {
  id: string
  /** The other person's phone, or the group's jid. */
  chat: string
  /** The author's phone: this phone's own for what was written here or at a companion. */
  from: string
  pushName: string
  /** As the author's device says. */
  at: Date
  /** When this phone showed it first. */
  shownAt: Date
  content: ReadContent
  /** How many stanzas brought it; 0 for what was written here. */
  stanzas: number
  edited: boolean
  revoked: boolean
  /** The last one of each person. */
  reactions: { from: string; emoji: string }[]
  /** In a poll: what each person chose last. */
  votes: { from: string; options: string[] }[]
  /** Of what was written here: what became of it. */
  receipts: ShownReceipt[]
  /** The server's answer to what was written here: it took it, or the code of its refusal. */
  ack?: 'taken' | { refused: number }
  /** Of what others wrote: whether this person has read and played it. */
  read: boolean
  played: boolean
}
