import { isObject, type JsonObject, objectOf, textOf } from '../../../json/json-value.ts'
import { readBytes } from './bytes.ts'
import { jidsOf, participantSpellings } from './contact.ts'
import type { Content } from './content.ts'
import type { IgnoreReason } from './ignore-reason.ts'

/** What a content does to another message; `none`: it is a message of its own. */
export type Act =
  | { kind: 'none' }
  | { kind: 'ignored'; reason: IgnoreReason }
  | { kind: 'revoke'; targetMessageId: string }
  | { kind: 'edit'; targetMessageId: string; content: JsonObject }
  | { kind: 'reaction'; targetMessageId: string; emoji: string | null }
  | { kind: 'vote'; pollMessageId: string; creatorJids: string[]; payload: string; iv: string }

const REVOKE = ['0', 'REVOKE']
const HISTORY_SYNC = ['5', 'HISTORY_SYNC_NOTIFICATION']
const MESSAGE_EDIT = ['14', 'MESSAGE_EDIT']

/** Reads revokes, edits, reactions and votes; other protocol messages are nothing for a reader. */
export function readAct({ parts, type }: Content): Act {
  switch (type?.name) {
    case 'protocolMessage':
      return readProtocol(type.part)
    case 'reactionMessage':
      return readReaction(type.part)
    case 'pollUpdateMessage':
      return readVote(type.part)
    default:
      return isObject(parts.historySyncNotification)
        ? { kind: 'ignored', reason: 'history_sync' }
        : { kind: 'none' }
  }
}

function readProtocol(part: JsonObject): Act {
  // Protobuf leaves out what is 0, and REVOKE is 0.
  const type = textOf(part.type) ?? '0'
  if (HISTORY_SYNC.includes(type) || isObject(part.historySyncNotification)) {
    return { kind: 'ignored', reason: 'history_sync' }
  }
  const targetMessageId = textOf(objectOf(part.key).id)
  if (targetMessageId === undefined) return { kind: 'ignored', reason: 'protocol_message' }
  if (MESSAGE_EDIT.includes(type) && isObject(part.editedMessage)) {
    return { kind: 'edit', targetMessageId, content: part.editedMessage }
  }
  return REVOKE.includes(type)
    ? { kind: 'revoke', targetMessageId }
    : { kind: 'ignored', reason: 'protocol_message' }
}

function readReaction(part: JsonObject): Act {
  const targetMessageId = textOf(objectOf(part.key).id)
  if (targetMessageId === undefined) return { kind: 'none' }
  return { kind: 'reaction', targetMessageId, emoji: textOf(part.text)?.slice(0, 64) ?? null }
}

function readVote(part: JsonObject): Act {
  const key = objectOf(part.pollCreationMessageKey)
  const vote = objectOf(part.vote)
  const [payload, iv] = [readBytes(vote.encPayload), readBytes(vote.encIv)]
  const pollMessageId = textOf(key.id)
  if (pollMessageId === undefined || payload === undefined || iv === undefined) return { kind: 'none' }
  return { kind: 'vote', pollMessageId, creatorJids: creatorOf(key), payload, iv }
}

/** Of a poll of our own the creator is us, and the instance knows its own jids. */
function creatorOf(key: JsonObject): string[] {
  if (key.fromMe === true) return []
  return jidsOf([...participantSpellings(key), key.remoteJid, key.remoteJidAlt])
}
