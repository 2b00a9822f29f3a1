import { type BinaryNode, jidNormalizedUser, type proto } from '@whiskeysockets/baileys'
import { answerPeerRequest } from './answer-peer-request.ts'
import { type LoggedMessage, show } from './message-log.ts'
import { openMessage } from './open-message.ts'
import type { Person } from './phone.ts'
import type { PhoneParts } from './phone-parts.ts'
import { markChat } from './read-chat.ts'
import { readContent } from './read-content.ts'
import { ackOf, peerReceiptOf, receiptOf, senderReceiptOf } from './receipt-stanza.ts'
import { retryReceiptOf } from './retry-receipt.ts'
import { isGroup } from './stanza-type.ts'

/** How often a phone asks for one message. */
const RETRIES_LIMIT = 5

/** Takes a message's stanza: opens it, shows it, confirms it; or asks for it again. */
export async function receiveMessage(parts: PhoneParts, node: BinaryNode): Promise<void> {
  const { own, log, send, sessions, unreadable, blocked } = parts
  const { attrs } = node
  const scene = sceneOf(parts, node)
  send(ackOf(node))
  // The server keeps what a blocked person writes away; what slips through is not shown, nor confirmed.
  if (!scene || (blocked.has(scene.author.phone) && !isGroup(scene.chat))) return
  const { author, chat, chatJid, authorJid } = scene
  const entry = log.of({ chat, from: author.phone, id: attrs.id ?? '' }, { chatJid, authorJid })
  entry.stanzas += 1
  if (unreadable.count > 0 && !entry.taken) {
    unreadable.count -= 1
    return askAgain(parts, node, entry)
  }
  const message = await openMessage(node, sessions)
  if (!message && !entry.taken) return askAgain(parts, node, entry)
  const isNew = message && !entry.taken
  if (isNew) take(parts, entry, node, message, author)
  if (attrs.category === 'peer') {
    send(peerReceiptOf(node))
    if (isNew && author.phone === own.phone) await answerPeerRequest(parts, node, message)
    return
  }
  if (author.phone === own.phone) send(senderReceiptOf(node))
  else confirm(parts, entry)
}

interface Scene {
  author: Person
  /** The other person's phone, or the group's jid. */
  chat: string
  chatJid: string
  authorJid: string
}

function sceneOf({ own, port }: PhoneParts, { attrs }: BinaryNode): Scene | undefined {
  const { id, from = '', participant = from, recipient } = attrs
  const author = port.personOf(participant)
  if (!id || !author) return undefined
  const authorJid = jidNormalizedUser(participant)
  if (isGroup(from)) return { author, chat: from, chatJid: from, authorJid }
  // What an own companion wrote belongs to the chat that it was written to.
  const chatJid = author.phone === own.phone && recipient ? jidNormalizedUser(recipient) : authorJid
  const other = port.personOf(chatJid)
  if (isGroup(chatJid)) return { author, chat: chatJid, chatJid, authorJid }
  return other && { author, chat: other.phone, chatJid, authorJid }
}

function askAgain({ keys, send }: PhoneParts, node: BinaryNode, entry: LoggedMessage): void {
  if (entry.retries >= RETRIES_LIMIT) return
  entry.retries += 1
  const { registrationId } = keys.credentials()
  // As WhatsApp's clients do: the first time the author's device may still have a session that works.
  const bundle = entry.retries > 1 ? keys.takeBundle() : undefined
  send(retryReceiptOf(node, entry.retries, registrationId, bundle))
}

function take(
  parts: PhoneParts,
  entry: LoggedMessage,
  { attrs }: BinaryNode,
  message: proto.IMessage,
  author: Person,
): void {
  entry.taken = true
  parts.typing.delete(author.phone)
  const { own, port, acts } = parts
  acts.apply(message, { own, actor: author, chat: entry.chat, personOf: port.personOf })
  const content = readContent(message)
  if (!content) return
  const at = new Date(Number(attrs.t ?? 0) * 1_000)
  show(entry, message, { content, pushName: attrs.notify ?? '', at, own: author.phone === own.phone })
  acts.shown(entry.chat, entry.id)
}

function confirm(parts: PhoneParts, entry: LoggedMessage): void {
  const { send, settings, timers } = parts
  const { chat, chatJid, authorJid, id } = entry
  const { deliveredAfterMs, readAfterMs } = settings
  if (deliveredAfterMs !== null) {
    timers.schedule(deliveredAfterMs, () => send(receiptOf('delivered', { chatJid, authorJid, ids: [id] })))
  }
  if (readAfterMs !== null) timers.schedule(readAfterMs, () => markChat(parts, 'read', chat, [id]))
}
