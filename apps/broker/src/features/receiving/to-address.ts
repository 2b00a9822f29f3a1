import { parseJid } from '@carteiro/contracts/jid'

/** One person's two addresses: E.164, and the LID. A LID is never a phone, and a phone never a LID. */
export interface Address {
  phone: string | null
  lid: string | null
}

/** @param spellings jids of one person */
export function toAddress(...spellings: unknown[]): Address {
  const jids = spellings.flatMap((text) => (typeof text === 'string' ? (parseJid(text) ?? []) : []))
  const phone = jids.find((each) => each.kind === 'phone')
  const lid = jids.find((each) => each.kind === 'lid')
  return { phone: phone ? `+${phone.digits}` : null, lid: lid ? lid.lid : null }
}

/**
 * One key for a chat, however WhatsApp spells it: the group, else the phone where it is known, as the API keeps order
 * by the same rule.
 *
 * @param others more jids of the same person
 */
export function toChatKey(chatId: string | null | undefined, ...others: unknown[]): string {
  const chat = parseJid(chatId ?? '')
  if (chat?.kind === 'group') return chat.id
  const { phone, lid } = toAddress(chatId, ...others)
  return phone ?? lid ?? chatId ?? ''
}
