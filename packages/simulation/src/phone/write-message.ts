import { randomBytes } from 'node:crypto'
import { Problem } from '@carteiro/contracts/problem'
import { isLidUser, jidNormalizedUser, type proto, unixTimestampSeconds } from '@whiskeysockets/baileys'
import { type LoggedMessage, show } from './message-log.ts'
import type { Person, WriteOptions } from './phone.ts'
import type {
  ActContent,
  Circumstances,
  MessageReference,
  PhoneContent,
  WrittenContent,
} from './phone-content.ts'
import type { PhoneParts } from './phone-parts.ts'
import type { VoteBinding } from './poll-vote.ts'
import { pollOf, readContent } from './read-content.ts'
import { keepWritten } from './receive-receipt.ts'
import { isGroup } from './stanza-type.ts'
import { unwrapMessage } from './unwrap-message.ts'
import { editAttribute, writeAct } from './write-act.ts'
import { mediaKindOf, writeContent } from './write-content.ts'

/** A chat as it is written to. */
interface Chat {
  /** The other person's phone, or the group's jid. */
  name: string
  jid: string
  /** This person's user jid, named as the chat names people. */
  ownJid: string
  jidOf(person: Person): string
  /** What its stanzas tell the server. */
  attrs: Record<string, string>
}

/**
 * Puts a message together, seals it, and hands it to the server.
 *
 * @throws Problem when it cannot be written
 */
export async function writeMessage(
  parts: PhoneParts,
  to: string,
  content: PhoneContent,
  { id = newMessageId(), pushName = parts.pushName, at }: WriteOptions,
): Promise<{ id: string }> {
  const chat = await chatOf(parts, to)
  const { message, attrs } = isAct(content)
    ? act(parts, chat, content)
    : { message: await compose(parts, chat, content), attrs: {} }
  const outgoing = {
    id,
    chatJid: chat.jid,
    ownJid: chat.ownJid,
    message,
    attrs: { ...chat.attrs, ...attrs, notify: pushName, ...(at && { t: String(unixTimestampSeconds(at)) }) },
  }
  const node = await parts.sealer.seal(outgoing)
  if (!node)
    throw new Problem('RECIPIENT_NOT_ON_WHATSAPP', `Nobody reads ${to}: write to a number on WhatsApp`)
  keepWritten(parts, outgoing)
  logOwn(parts, chat, id, message, at ?? new Date())
  parts.send(node)
  return { id }
}

/** An id as Android phones make it. */
export function newMessageId(): string {
  return `AC${randomBytes(15).toString('hex').toUpperCase()}`
}

function isAct(content: PhoneContent): content is ActContent {
  return ['vote', 'edit', 'revoke', 'reaction'].includes(content.type)
}

async function chatOf({ own, port, settings }: PhoneParts, to: string): Promise<Chat> {
  const jid = to.includes('@') ? jidNormalizedUser(to) : `${to}@s.whatsapp.net`
  const group = isGroup(jid)
  const byLid = group
    ? (await port.membersOf(jid)).some(isLidUser)
    : isLidUser(jid) || (settings.addressing === 'lid' && !to.includes('@'))
  const jidOf = ({ phone, lid }: Person) => (byLid ? `${lid}@lid` : `${phone}@s.whatsapp.net`)
  if (group) {
    const attrs = { addressing_mode: byLid ? 'lid' : 'pn' }
    return { name: jid, jid, ownJid: jidOf(own), jidOf, attrs }
  }
  const person = port.personOf(jid)
  if (!person) throw new Problem('INVALID_TO', `${to} is neither a phone of 8 to 15 digits nor a jid`)
  return { name: person.phone, jid: jidOf(person), ownJid: jidOf(own), jidOf, attrs: {} }
}

async function compose(
  { port, log }: PhoneParts,
  chat: Chat,
  content: WrittenContent & Circumstances,
): Promise<proto.IMessage> {
  const kind = mediaKindOf(content)
  if (kind && !port.media)
    throw new Problem('UNSUPPORTED_TYPE', 'Start the simulator with a media host to write files')
  const stored = kind && 'file' in content ? await port.media?.upload(content.file.bytes, kind) : undefined
  const quoted = content.quoted && entryOf(log, chat, content.quoted)
  return writeContent(content, {
    secret: randomBytes(32),
    ...(stored && { stored }),
    ...(quoted?.message && {
      quoted: { id: quoted.id, authorJid: quoted.authorJid, message: quotable(quoted.message) },
    }),
    jidOf(phone) {
      const person = port.personOf(`${phone}@s.whatsapp.net`)
      if (!person) throw new Problem('VALIDATION_ERROR', `Mention people by phone; ${phone} is none`)
      return chat.jidOf(person)
    },
  })
}

/** What is quoted travels without what it quoted itself, and without its secret. */
function quotable(message: proto.IMessage): proto.IMessage {
  const { messageContextInfo: _, ...inner } = unwrapMessage(message).inner
  return Object.fromEntries(
    Object.entries(inner).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null && 'contextInfo' in value
        ? { ...value, contextInfo: undefined }
        : value,
    ]),
  )
}

function act(
  parts: PhoneParts,
  chat: Chat,
  content: ActContent,
): { message: proto.IMessage; attrs: Record<string, string> } {
  const { own, log } = parts
  const target = entryOf(log, chat, content.type === 'vote' ? content.poll : content.message)
  const fromMe = target.from === own.phone
  if (content.type === 'edit' && !fromMe) {
    throw new Problem(
      'VALIDATION_ERROR',
      `Edit only what ${own.phone} wrote: ${target.id} is of ${target.from}`,
    )
  }
  if (content.type === 'revoke' && !fromMe && !isGroup(chat.jid)) {
    throw new Problem(
      'VALIDATION_ERROR',
      `Revoke only what ${own.phone} wrote: ${target.id} is of ${target.from}`,
    )
  }
  const key = {
    remoteJid: chat.jid,
    fromMe,
    id: target.id,
    ...(isGroup(chat.jid) && !fromMe && { participant: target.authorJid }),
  }
  const binding = content.type === 'vote' ? bindingOf(own, target, content.options) : undefined
  const message = writeAct(content, { key, now: new Date(), ...(binding && { binding }) })
  return { message, attrs: editAttribute(content, !fromMe) }
}

function bindingOf(own: Person, poll: LoggedMessage, chosen: string[]): VoteBinding {
  const created = poll.message && pollOf(unwrapMessage(poll.message).inner)
  const pollSecret = poll.message?.messageContextInfo?.messageSecret
  if (!created || !pollSecret) throw new Problem('VALIDATION_ERROR', `Vote in a poll: ${poll.id} is none`)
  const options = (created.options ?? []).map(({ optionName }) => optionName)
  const unknown = chosen.find((option) => !options.includes(option))
  if (unknown !== undefined) throw new Problem('VALIDATION_ERROR', `Choose of ${options.join(', ')}`)
  // Both are named alike, or the vote opens for nobody.
  const voterJid = isLidUser(poll.authorJid) ? `${own.lid}@lid` : `${own.phone}@s.whatsapp.net`
  return { pollId: poll.id, pollSecret, creatorJid: poll.authorJid, voterJid }
}

function entryOf(log: PhoneParts['log'], chat: Chat, { id, from }: MessageReference): LoggedMessage {
  const entry = log.find(chat.name, id, from)
  if (entry?.shown) return entry
  throw new Problem('MESSAGE_NOT_FOUND', `The chat with ${chat.name} shows no message ${id}`)
}

function logOwn(parts: PhoneParts, chat: Chat, id: string, message: proto.IMessage, at: Date): void {
  const { own, log, port, acts } = parts
  const entry = log.of(
    { chat: chat.name, from: own.phone, id },
    { chatJid: chat.jid, authorJid: chat.ownJid },
  )
  // Written twice under one id, it is one message.
  if (entry.taken) return
  entry.taken = true
  acts.apply(message, { own, actor: own, chat: chat.name, personOf: port.personOf })
  const content = readContent(message)
  if (content) show(entry, message, { content, pushName: parts.pushName, at, own: true })
}
