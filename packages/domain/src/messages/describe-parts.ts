import type { MessageParticipant } from '@carteiro/contracts/message-parts'
import { isObject } from './is-object.ts'
import { readPoll } from './read-poll.ts'
import type { MessageRow } from './store-message.ts'

/** Of an address book no more than this is told; the message itself keeps all of it. */
const MAX_CARDS = 20
const MAX_MENTIONS = 100
const PLACE = ['latitude', 'longitude', 'name', 'address'] as const

/** The place of a message: as it came in; or as we sent it, where the intent is the content. */
export function locationOf({ type, content }: MessageRow): Record<string, unknown> | null {
  if (isObject(content.location)) return content.location
  if (type !== 'location' || content.latitude === undefined) return null
  return Object.fromEntries(PLACE.map((name) => [name, content[name]]))
}

/** Cards without the vCard's text: names and numbers. */
export function cardsOf({ type, content }: MessageRow): Record<string, unknown>[] | null {
  if (Array.isArray(content.contacts)) {
    return content.contacts
      .filter(isObject)
      .slice(0, MAX_CARDS)
      .map(({ vcard, ...card }) => card)
  }
  if (type !== 'contact' || content.fullName === undefined) return null
  const { fullName, phones, organization, emails } = content
  return [{ displayName: fullName, phones, organization, emails }]
}

/** The jids, or the numbers, of those whom the text names. */
export const mentionsOf = ({ content: { mentions } }: MessageRow): string[] =>
  Array.isArray(mentions) ? mentions.filter((who) => typeof who === 'string').slice(0, MAX_MENTIONS) : []

/** In a group, the member who wrote. */
export function participantOfRow({ metadata }: MessageRow): MessageParticipant | null {
  const jid = textOf(metadata.participantJid)
  if (jid === null) return null
  const { phone, name } = isObject(metadata.participant) ? metadata.participant : {}
  return { jid, phone: textOf(phone), name: textOf(name) }
}

/** A poll without its votes. */
export function pollOf({ type, content }: MessageRow): PollQuestion | null {
  if (type !== 'poll') return null
  const { name, options, selectableCount } = readPoll(content) ?? readPoll({ poll: content }) ?? NO_POLL
  return { question: name ?? '', options, selectableCount }
}

interface PollQuestion {
  question: string
  options: string[]
  selectableCount: number
}

const NO_POLL = { name: null, options: [], selectableCount: 0 }

/** What a quote names, and what came along with it. */
export interface WrittenQuote {
  providerMessageId: string
  type: string | null
  text: string | null
  participantJid: string | null
}

/** The message that a message answers, or that a reaction of ours is to. */
export function quoteOf({ type, content }: MessageRow): WrittenQuote | null {
  const target = type === 'reaction' ? content.target : content.quoted
  if (isObject(target)) {
    const providerMessageId = textOf(target.providerMessageId)
    const participantJid = textOf(target.participantJid)
    return providerMessageId === null ? null : { providerMessageId, type: null, text: null, participantJid }
  }
  const providerMessageId = textOf(content.quotedMessageId)
  if (providerMessageId === null) return null
  return {
    providerMessageId,
    type: textOf(content.quotedType),
    text: textOf(content.quotedText),
    participantJid: textOf(content.quotedParticipant),
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
