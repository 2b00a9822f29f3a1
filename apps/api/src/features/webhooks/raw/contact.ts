import { formatJid, type Jid, parseRecipient } from '@carteiro/contracts/jid'
import { firstText, type JsonObject, textOf } from '../../../json/json-value.ts'

/** One person's two addresses. A LID is never a phone. */
export interface Address {
  /** E.164. */
  phone: string | null
  lid: string | null
}

export interface Chat extends Address {
  /** The chat's one spelling: the group, else the phone where it is known, else the LID. */
  chatKey: string
  isGroup: boolean
}

export interface Participant extends Address {
  /** The one spelling: by phone where it is known. */
  jid: string
}

/** @param named the chat as it is written; @param others other spellings of the same person, jids or phones */
export function readChat(named: unknown, others: unknown[]): Chat | undefined {
  const chat = readJid(named)
  if (chat?.kind === 'group') return { chatKey: chat.id, isGroup: true, phone: null, lid: null }
  const address = readPerson([named, ...others])
  const chatKey = spell(address)
  return chatKey === undefined ? undefined : { ...address, chatKey, isGroup: false }
}

/** Who wrote in a group. */
export function readParticipant(spellings: unknown[]): Participant | null {
  const address = readPerson(spellings)
  const jid = spell(address)
  return jid === undefined ? null : { ...address, jid }
}

/** Other spellings of a person's chat: newer versions of Baileys write `remoteJidAlt`, older ones `senderPn`. */
export const chatSpellings = (key: JsonObject, fromMe: boolean): unknown[] => [
  key.remoteJidAlt,
  // Of what we wrote ourselves, the sender is us.
  ...(fromMe ? [] : [key.senderPn, key.senderLid]),
]

export const participantSpellings = (key: JsonObject): unknown[] => [
  key.participant,
  key.participantAlt,
  key.participantPn,
  key.participantLid,
  key.senderPn,
  key.senderLid,
]

/** The same person's jids in every spelling that is known: what was written, without device, and the others. */
export function jidsOf(spellings: unknown[]): string[] {
  const jids = spellings.flatMap((spelling) => {
    const jid = readJid(spelling)
    return jid === undefined || jid.kind === 'group' ? [] : [formatJid(jid)]
  })
  return [...new Set(jids)]
}

/** The name that a person goes by on WhatsApp. */
export const pushNameOf = ({ pushName, notifyName, verifiedBizName }: JsonObject): string | null =>
  firstText(pushName, notifyName, verifiedBizName)?.slice(0, 1_000).toWellFormed() ?? null

function readPerson(spellings: unknown[]): Address {
  const jids = spellings.flatMap((spelling) => readJid(spelling) ?? [])
  const phone = jids.find((jid) => jid.kind === 'phone')
  const lid = jids.find((jid) => jid.kind === 'lid')
  return { phone: phone ? `+${phone.digits}` : null, lid: lid ? lid.lid : null }
}

function readJid(spelling: unknown): Jid | undefined {
  const text = textOf(spelling)
  return text === undefined || text.length > 100 ? undefined : parseRecipient(text.trim())
}

const spell = ({ phone, lid }: Address): string | undefined =>
  phone === null ? (lid ?? undefined) : `${phone.slice(1)}@s.whatsapp.net`
