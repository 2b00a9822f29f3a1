import type { BrokerContact } from '@carteiro/contracts/broker-event'
import { parseJid, parseRecipient } from '@carteiro/contracts/jid'
import { addressOf, type ContactAddress } from './phone.ts'
import type { KnownOfContact } from './upsert.ts'

/** What an envelope tells of the chat that it belongs to, and of who wrote. */
export interface Sender {
  chatKey: string
  contact: BrokerContact
  participantJid: string | null
}

/**
 * The contact of an envelope's chat. A group's chat is the group's: what is told of the member who wrote is none of
 * the group's names. @throws when the envelope names nobody
 */
export function contactOf(sender: Sender, chatId?: unknown): KnownOfContact {
  const chat = parseJid(sender.chatKey)
  if (chat?.kind === 'group') return addressOf(chat)
  return { ...personOf(sender, chat, chatId), ...namesOf(sender.contact) }
}

/** Names and the like, as brokers tell them. */
export const namesOf = ({ name, pushName, document, registrations, avatarUrl }: BrokerContact) => ({
  name: name ?? null,
  pushName: pushName ?? null,
  document: document ?? null,
  registrations: registrations ?? null,
  avatarUrl: avatarUrl ?? null,
})

/** Known by the phone, and by the LID that comes with it; else by the chat's LID. */
function personOf({ contact }: Sender, chat: ReturnType<typeof parseJid>, chatId: unknown): ContactAddress {
  const phone = contact.phone ? parseRecipient(contact.phone) : undefined
  const lid = chat?.kind === 'lid' ? chat.lid : lidOf(contact.lid, chatId)
  if (phone?.kind === 'phone') return { ...addressOf(phone), lid }
  if (chat?.kind === 'phone') return { ...addressOf(chat), lid }
  if (chat) return addressOf(chat)
  throw new Error('the envelope names neither a phone nor a chat')
}

function lidOf(...candidates: unknown[]): string | null {
  for (const text of candidates) {
    const jid = typeof text === 'string' ? parseJid(text) : undefined
    if (jid?.kind === 'lid') return jid.lid
  }
  return null
}

/** What is kept of the member of a group who wrote. */
export function participantOf({ participantJid, contact }: Sender): Record<string, unknown> {
  if (participantJid === null || participantJid === undefined) return {}
  const { phone = null, name, pushName } = contact
  return { participantJid, participant: { phone, name: name ?? pushName ?? null } }
}
