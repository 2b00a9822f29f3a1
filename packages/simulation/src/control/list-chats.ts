import type { ShownMessage } from '../phone/shown-message.ts'
import type { WhatsAppServer } from '../server/whatsapp-server.ts'
import { type ChatMessage, describeChatMessage } from './describe-message.ts'
import { findPhone } from './find-person.ts'

type Whatsapp = Pick<WhatsAppServer, 'persons' | 'groups'>

export interface ListedChat {
  chat: string
  kind: 'person' | 'group'
  name: string
  unread: number
  typing: string[]
  last?: ChatMessage
}

/** The chats that a phone (digits) shows, the latest first, and groups in which nothing was written. */
export function listChats(whatsapp: Whatsapp, own: string): ListedChat[] {
  const phone = findPhone(whatsapp, own)?.phone
  if (!phone) return []
  const messages = Map.groupBy(phone.shown(), ({ chat }) => chat)
  const silent = whatsapp.groups.of(own).map(({ jid }) => jid)
  const names = new Set([...messages.keys(), ...phone.typing, ...silent])
  return [...names]
    .map((chat) =>
      describeChat(whatsapp, { own, chat, typing: phone.typing, shown: messages.get(chat) ?? [] }),
    )
    .sort((one, other) => (other.last?.at ?? '').localeCompare(one.last?.at ?? ''))
}

/** Everybody who reads what this person writes in a chat, as phones. */
export function readersOf({ groups }: Pick<Whatsapp, 'groups'>, own: string, chat: string): string[] {
  const members = groups.find(chat)?.members.keys() ?? [chat]
  return [...members].filter((phone) => phone !== own)
}

interface ChatSight {
  own: string
  chat: string
  typing: ReadonlySet<string>
  shown: ShownMessage[]
}

function describeChat(whatsapp: Whatsapp, { own, chat, typing, shown }: ChatSight): ListedChat {
  const group = whatsapp.groups.find(chat)
  const last = shown.at(-1)
  return {
    chat,
    kind: chat.includes('@') ? 'group' : 'person',
    name: group?.subject ?? whatsapp.persons.find(chat)?.pushName ?? chat,
    unread: shown.filter(({ from, read }) => from !== own && !read).length,
    // A phone knows who types, not where: it is shown where the two talk alone.
    typing: typing.has(chat) ? [chat] : [],
    ...(last && { last: describeChatMessage(last, own, readersOf(whatsapp, own, chat)) }),
  }
}
