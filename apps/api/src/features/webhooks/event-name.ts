import type { JsonObject } from '../../json/json-value.ts'

/** What an event is about, whichever of its names it came under. */
export type EventName =
  | 'MESSAGE_INBOUND'
  | 'MESSAGE_OUTBOUND'
  | 'MESSAGE'
  | 'WHATSAPP_MESSAGES_UPSERT'
  | 'WHATSAPP_MESSAGES_UPDATE'
  | 'POLL_CHOICE'
  | 'INSTANCE_CONNECTION'
  | 'CONTACT_UPDATED'
  | 'LID_MAPPING'
  | 'GROUP_UPDATED'
  | 'CALL_RECEIVED'
  | 'INSTANCE_GAP'
  | 'MESSAGE_UNDECRYPTABLE'

const NAMES = new Map<string, EventName>([
  ...['MESSAGE_INBOUND', 'INBOUND_MESSAGE', 'MESSAGE_RECEIVED', 'MESSAGE_RECEIVE'].map(inbound),
  ...['MESSAGE_INCOMING', 'INCOMING_MESSAGE'].map(inbound),
  ...['MESSAGE_OUTBOUND', 'OUTBOUND_MESSAGE', 'MESSAGE_OUTGOING', 'OUTGOING_MESSAGE'].map(outbound),
  ...same('MESSAGE', 'WHATSAPP_MESSAGES_UPSERT', 'WHATSAPP_MESSAGES_UPDATE', 'POLL_CHOICE'),
  ...same('INSTANCE_CONNECTION', 'CONTACT_UPDATED', 'LID_MAPPING', 'GROUP_UPDATED', 'CALL_RECEIVED'),
  ...same('INSTANCE_GAP', 'MESSAGE_UNDECRYPTABLE'),
])

function inbound(name: string): [string, EventName] {
  return [name, 'MESSAGE_INBOUND']
}
function outbound(name: string): [string, EventName] {
  return [name, 'MESSAGE_OUTBOUND']
}
function same(...names: EventName[]): [string, EventName][] {
  return names.map((name) => [name, name])
}

/** Upper case, every run of other characters as one `_`: `message.inbound` is `MESSAGE_INBOUND`. */
export const canonicalName = (name: unknown): string =>
  typeof name === 'string'
    ? name
        .slice(0, 100)
        .trim()
        .toUpperCase()
        .replace(/[^A-Z0-9]+/g, '_')
    : ''

/**
 * The event's name, from `type` or `event`, whichever is one that we know.
 *
 * @returns `known: undefined` for an event that we do not take, with its name as it was written
 */
export function readEventName({ type, event }: JsonObject): {
  known: EventName | undefined
  written: string
} {
  const written = [type, event].map(canonicalName)
  const known = written.map((name) => NAMES.get(name)).find((name) => name !== undefined)
  return { known, written: written.find((name) => name !== '') ?? '' }
}

const INBOUND = ['INBOUND', 'INCOMING', 'RECEIVED', 'RECEIVE', 'IN']
const OUTBOUND = ['OUTBOUND', 'OUTGOING', 'SENT', 'SEND', 'OUT']

/** @returns `undefined` for a word that names no direction */
export function readDirection(word: unknown): 'inbound' | 'outbound' | undefined {
  const name = canonicalName(word)
  if (INBOUND.includes(name)) return 'inbound'
  return OUTBOUND.includes(name) ? 'outbound' : undefined
}
