import { isObject, type JsonObject, objectOf, saysYes, textOf } from '../../../json/json-value.ts'

/** Why a part of an event is passed over; nothing is wrong with it. */
export type IgnoreReason =
  | 'invalid_entry'
  | 'from_me'
  | 'protocol_message'
  | 'history_sync'
  | 'message_stub'
  | 'empty_message'
  | 'status_broadcast'
  | 'newsletter'
  /** An update that tells nothing of a message of ours. */
  | 'no_status'
  /** The fallback is switched off. */
  | 'fallback_off'
  /** An event of a kind that we do not take. */
  | 'unknown_event'

/** Chats that are nobody to talk with. */
export function ignoredChat(jid: string): IgnoreReason | undefined {
  if (jid === 'status@broadcast') return 'status_broadcast'
  return jid.endsWith('@newsletter') ? 'newsletter' : undefined
}

/** A stub stands where a content could be: `undecryptable`, or nothing for a reader. The number 0 never decides. */
export function readStub({
  messageStubType: type,
  messageStubParameters: parameters,
}: JsonObject): { kind: 'none' | 'stub' } | { kind: 'undecryptable'; reason: string | null } {
  const name = textOf(type)
  if (name === undefined || name === '0' || name === 'UNKNOWN') return { kind: 'none' }
  if (name !== '2' && name !== 'CIPHERTEXT') return { kind: 'stub' }
  const first = Array.isArray(parameters) ? textOf(parameters[0]) : undefined
  return { kind: 'undecryptable', reason: first === undefined ? null : first.slice(0, 500) }
}

/** Whether our own phone wrote it. */
export const isFromMe = (key: JsonObject): boolean => saysYes(key.fromMe)

/** What an entry of an upsert must have to be one: a key that names a chat. */
export function readEntryKey(
  entry: unknown,
): { entry: JsonObject; key: JsonObject; chatId: string } | undefined {
  if (!isObject(entry)) return undefined
  const key = objectOf(entry.key)
  const chatId = textOf(key.remoteJid)
  return chatId === undefined ? undefined : { entry, key, chatId }
}
