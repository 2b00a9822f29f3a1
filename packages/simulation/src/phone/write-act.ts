import type { proto } from '@whiskeysockets/baileys'
import { proto as protocol } from '@whiskeysockets/baileys'
import type { ActContent } from './phone-content.ts'
import { sealVote, type VoteBinding } from './poll-vote.ts'

/** What an act needs of the message that it is about. */
export interface Acting {
  /** The message's key, as its writer sees it. */
  key: proto.IMessageKey
  now: Date
  /** For a vote. */
  binding?: VoteBinding
}

const { Type } = protocol.Message.ProtocolMessage

/** The message with which a phone edits, takes back, reacts or votes, before it is sealed. */
export function writeAct(content: ActContent, { key, now, binding }: Acting): proto.IMessage {
  const timestampMs = now.getTime()
  switch (content.type) {
    case 'reaction':
      return { reactionMessage: { key, text: content.emoji, senderTimestampMs: timestampMs } }
    case 'revoke':
      return { protocolMessage: { key, type: Type.REVOKE } }
    case 'edit': {
      const editedMessage = { conversation: content.text }
      return {
        editedMessage: {
          message: { protocolMessage: { key, type: Type.MESSAGE_EDIT, editedMessage, timestampMs } },
        },
      }
    }
    case 'vote': {
      if (!binding) throw new Error('A vote was not bound to its poll')
      return {
        pollUpdateMessage: {
          pollCreationMessageKey: key,
          vote: sealVote(content.options, binding),
          senderTimestampMs: timestampMs,
        },
      }
    }
  }
}

/** The stanza's `edit` attribute, which tells the server what the sealed message does. */
export function editAttribute(content: ActContent, ofAnother: boolean): Record<string, string> {
  if (content.type === 'edit') return { edit: '1' }
  if (content.type === 'revoke') return { edit: ofAnother ? '8' : '7' }
  return {}
}
