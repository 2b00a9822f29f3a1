import type { proto } from '@whiskeysockets/baileys'
import type { ReadContent } from './read-content.ts'
import type { ShownMessage } from './shown-message.ts'

/** A message's identity: a phone takes an id once per sender and chat. */
export interface MessageAddress {
  /** The other person's phone, or the group's jid. */
  chat: string
  /** The author's phone. */
  from: string
  id: string
}

/** All that a phone knows of one message, from its first stanza on. */
export interface LoggedMessage extends MessageAddress {
  /** How the wire names chat and author: user and group jids. */
  chatJid: string
  authorJid: string
  stanzas: number
  /** How often it was asked for again. */
  retries: number
  /** It was opened: whatever comes under its id again is the same. */
  taken: boolean
  message?: proto.IMessage
  /** Only what is there to be read is shown. */
  shown?: Omit<ShownMessage, keyof MessageAddress | 'stanzas'>
}

export interface LogFilter {
  chat?: string | undefined
  id?: string | undefined
}

/** What a phone has written and got, bounded: past the limit the oldest message is forgotten. */
export interface MessageLog {
  /** The entry of this message, made when there is none. */
  of(address: MessageAddress, wire: { chatJid: string; authorJid: string }): LoggedMessage
  /** @param from left out, the author does not matter */
  find(chat: string, id: string, from?: string): LoggedMessage | undefined
  /** In the order in which they came first. */
  list(filter?: LogFilter): LoggedMessage[]
}

export function createMessageLog(limit: number): MessageLog {
  const entries = new Map<string, LoggedMessage>()
  /** By chat and id: an id may be taken once by each author. */
  const named = new Map<string, LoggedMessage[]>()
  const keyOf = ({ chat, id, from }: MessageAddress) => `${chat} ${id} ${from}`
  const nameOf = ({ chat, id }: Pick<MessageAddress, 'chat' | 'id'>) => `${chat} ${id}`

  function forgetOldest(): void {
    const [oldest] = entries.values()
    if (!oldest) return
    entries.delete(keyOf(oldest))
    const left = (named.get(nameOf(oldest)) ?? []).filter((entry) => entry !== oldest)
    if (left.length > 0) named.set(nameOf(oldest), left)
    else named.delete(nameOf(oldest))
  }

  function list({ chat, id }: LogFilter = {}): LoggedMessage[] {
    if (chat !== undefined && id !== undefined) return named.get(nameOf({ chat, id })) ?? []
    return [...entries.values()].filter(
      (entry) => (chat === undefined || entry.chat === chat) && (id === undefined || entry.id === id),
    )
  }

  return {
    of({ chat, from, id }, { chatJid, authorJid }) {
      const key = keyOf({ chat, from, id })
      const known = entries.get(key)
      if (known) return known
      const entry = { chat, from, id, chatJid, authorJid, stanzas: 0, retries: 0, taken: false }
      entries.set(key, entry)
      named.set(nameOf(entry), [...(named.get(nameOf(entry)) ?? []), entry])
      if (entries.size > limit) forgetOldest()
      return entry
    },
    find(chat, id, from) {
      return from === undefined ? list({ chat, id }).at(-1) : entries.get(keyOf({ chat, id, from }))
    },
    list,
  }
}

/** Shows a message from here on. What a person wrote is read by them. */
export function show(
  entry: LoggedMessage,
  message: proto.IMessage,
  facts: { content: ReadContent; pushName: string; at: Date; own: boolean },
): void {
  const { content, pushName, at, own } = facts
  entry.message = message
  entry.shown = {
    pushName,
    at,
    shownAt: new Date(),
    content,
    edited: false,
    revoked: false,
    reactions: [],
    votes: [],
    receipts: [],
    read: own,
    played: false,
  }
}
