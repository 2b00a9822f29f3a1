import type { BrokerContact } from '@carteiro/contracts/broker-event'
import { defined, type JsonObject } from '../../json/json-value.ts'
import { type Draft, ignored, type Outcome, taken } from './draft.ts'
import type { Chat } from './raw/contact.ts'
import { type Content, readContent, toMembers } from './raw/content.ts'
import { readAct } from './raw/protocol.ts'

/** A message as any of its shapes gave it, before it is one of our kinds. */
export interface GivenMessage {
  messageId: string
  /** The chat as it was written. */
  chatId: string
  chat: Chat
  contact: BrokerContact
  participantJid: string | null
  content: Content
  /** The members of a broker's own message object: they stay beside ours. */
  given: JsonObject
  metadata: JsonObject
  timestamp: unknown
  fromMe: boolean
  /** Every known spelling of who wrote it, asked for by a vote alone. */
  senderJids: () => string[]
  /** Every known spelling of whose phone it came to, likewise. */
  ownJids: () => string[]
  countedAs: Draft['countedAs']
}

/** Makes the envelope of a message, or of what it does to another one (edit, revoke, reaction, vote). Pure. */
export function buildMessage(message: GivenMessage): Outcome {
  const { content, given, fromMe } = message
  const act = readAct(content)
  switch (act.kind) {
    case 'ignored':
      return ignored(act.reason)
    case 'none':
      return toDraft(message, {
        ...sender(message),
        kind: 'message',
        direction: fromMe ? 'outbound' : 'inbound',
        message: { ...given, ...withPlace(message, message.messageId, content) },
        metadata: message.metadata,
      })
    case 'revoke':
      return toDraft(message, {
        ...sender(message),
        ...byUs(message),
        kind: 'revoke',
        targetMessageId: act.targetMessageId,
      })
    case 'edit': {
      const edited = readContent(act.content, { mixed: false })
      return toDraft(message, {
        ...sender(message),
        ...byUs(message),
        kind: 'edit',
        targetMessageId: act.targetMessageId,
        message: withPlace(message, act.targetMessageId, edited),
      })
    }
    // Whose reaction or vote it is must be known, and of our own phone it is not.
    case 'reaction':
      return fromMe
        ? ignored('from_me')
        : toDraft(message, {
            ...sender(message),
            kind: 'reaction',
            targetMessageId: act.targetMessageId,
            emoji: act.emoji,
          })
    case 'vote':
      return fromMe ? ignored('from_me') : toDraft(message, toVote(message, act))
    default:
      return act satisfies never
  }
}

const toVote = (
  message: GivenMessage,
  act: { pollMessageId: string; creatorJids: string[]; payload: string; iv: string },
): Draft['body'] => ({
  ...sender(message),
  kind: 'vote',
  pollMessageId: act.pollMessageId,
  voterJids: message.senderJids(),
  creatorJids: [...new Set([...act.creatorJids, ...message.ownJids()])],
  encrypted: { payload: act.payload, iv: act.iv },
  selectedOptionIds: null,
  selectedOptions: null,
})

const sender = ({ contact, participantJid, messageId }: GivenMessage) => ({
  contact,
  participantJid,
  providerMessageId: messageId,
})

const byUs = ({ fromMe }: GivenMessage) => (fromMe ? ({ fromMe } as const) : {})

const withPlace = ({ chatId }: GivenMessage, id: string, content: Content): JsonObject =>
  defined({ id, chatId, ...toMembers(content) })

const toDraft = ({ messageId, chat, timestamp, countedAs }: GivenMessage, body: Draft['body']): Outcome =>
  taken({ body, ownId: [messageId], chatKey: chat.chatKey, timestamp, countedAs })
