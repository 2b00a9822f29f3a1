import { proto } from '@whiskeysockets/baileys'
import type { LoggedMessage, MessageLog } from './message-log.ts'
import type { Person } from './phone.ts'
import { openVote } from './poll-vote.ts'
import { pollOf, readContent } from './read-content.ts'
import { unwrapMessage } from './unwrap-message.ts'

/** Who did it, and where. */
export interface ActScene {
  /** This phone's person. */
  own: Person
  actor: Person
  /** The other person's phone, or the group's jid. */
  chat: string
  personOf(jid: string): Person | undefined
}

const { Type } = proto.Message.ProtocolMessage

/** Lets an edit, a revocation, a reaction or a vote act on the message it names, if the phone shows that one. */
export function applyAct(log: MessageLog, message: proto.IMessage, scene: ActScene): void {
  const { protocolMessage, reactionMessage, pollUpdateMessage } = unwrapMessage(message).inner
  if (protocolMessage?.key && protocolMessage.type === Type.REVOKE) {
    revoke(targetOf(log, protocolMessage.key, scene))
  }
  if (protocolMessage?.key?.id && protocolMessage.type === Type.MESSAGE_EDIT) {
    // Nobody edits what another wrote.
    edit(log.find(scene.chat, protocolMessage.key.id, scene.actor.phone), protocolMessage.editedMessage)
  }
  if (reactionMessage?.key)
    react(targetOf(log, reactionMessage.key, scene), reactionMessage.text ?? '', scene)
  if (pollUpdateMessage?.pollCreationMessageKey && pollUpdateMessage.vote) {
    vote(targetOf(log, pollUpdateMessage.pollCreationMessageKey, scene), pollUpdateMessage.vote, scene)
  }
}

/** The id of the message that something is done to by this one. */
export function actedOn(message: proto.IMessage): string | undefined {
  const { protocolMessage, reactionMessage, pollUpdateMessage } = unwrapMessage(message).inner
  const key = protocolMessage?.key ?? reactionMessage?.key ?? pollUpdateMessage?.pollCreationMessageKey
  return key?.id ?? undefined
}

/** A key is written as its writer sees the chat: `fromMe` is the writer. */
function targetOf(log: MessageLog, key: proto.IMessageKey, scene: ActScene): LoggedMessage | undefined {
  const { own, actor, chat, personOf } = scene
  if (!key.id) return undefined
  if (key.fromMe) return log.find(chat, key.id, actor.phone)
  const named = key.participant ? personOf(key.participant)?.phone : undefined
  const other = actor.phone === own.phone ? chat : own.phone
  return log.find(chat, key.id, named ?? other) ?? log.find(chat, key.id)
}

function revoke(target: LoggedMessage | undefined): void {
  if (!target?.shown) return
  target.shown.revoked = true
  target.shown.content = { type: target.shown.content.type, text: null }
  delete target.message
}

function edit(target: LoggedMessage | undefined, edited: proto.IMessage | null | undefined): void {
  const content = edited && readContent(edited)
  if (!target?.shown || target.shown.revoked || !content) return
  target.shown.edited = true
  // Of a file only the caption can be edited, and the edit carries no file.
  target.shown.content = { ...target.shown.content, text: content.text }
}

function react(target: LoggedMessage | undefined, emoji: string, { actor }: ActScene): void {
  if (!target?.shown) return
  const others = target.shown.reactions.filter(({ from }) => from !== actor.phone)
  target.shown.reactions = emoji === '' ? others : [...others, { from: actor.phone, emoji }]
}

function vote(target: LoggedMessage | undefined, sealed: proto.Message.IPollEncValue, scene: ActScene): void {
  const message = target?.message
  const poll = message && pollOf(unwrapMessage(message).inner)
  const pollSecret = message?.messageContextInfo?.messageSecret
  const creator = target && scene.personOf(target.authorJid)
  if (!target?.shown || !poll || !pollSecret || !creator) return
  const bindings = jidsOf(creator).flatMap((creatorJid) =>
    jidsOf(scene.actor).map((voterJid) => ({ pollId: target.id, pollSecret, creatorJid, voterJid })),
  )
  const names = (poll.options ?? []).map(({ optionName }) => optionName ?? '')
  const options = openVote(sealed, names, bindings)
  if (!options) return
  const others = target.shown.votes.filter(({ from }) => from !== scene.actor.phone)
  target.shown.votes = options.length === 0 ? others : [...others, { from: scene.actor.phone, options }]
}

const jidsOf = ({ phone, lid }: Person) => [`${phone}@s.whatsapp.net`, `${lid}@lid`]
