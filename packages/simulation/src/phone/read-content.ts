import { jidDecode, type proto, toNumber } from '@whiskeysockets/baileys'
import { readContactPhones } from './contact-card.ts'
import type { MediaKind } from './phone-media.ts'
import { unwrapMessage } from './unwrap-message.ts'

export type ContentType =
  | 'text'
  | 'image'
  | 'video'
  | 'audio'
  | 'voice'
  | 'document'
  | 'sticker'
  | 'location'
  | 'contact'
  | 'poll'
  | 'other'

/** What a message says, for lists and for the page: plain JSON. */
export interface ReadContent {
  type: ContentType
  /** What a list of chats would show: the text, caption, question or name. Null where there is none. */
  text: string | null
  file?: { kind: MediaKind; mimetype: string; bytes: number; fileName?: string; seconds?: number }
  location?: { latitude: number; longitude: number; name?: string; address?: string }
  contacts?: { name: string; phones: string[] }[]
  /** `selectableCount` 0: as many as one likes. */
  poll?: { options: string[]; selectableCount: number }
  quotedId?: string
  /** Users as the wire names them, without their server. */
  mentions?: string[]
  viewOnce?: true
  ephemeralSeconds?: number
  /** Of type other: the message's field, as `eventMessage`. */
  field?: string
}

/** Reads what is there to be read; undefined when the message says nothing, as one that carries keys. */
export function readContent(message: proto.IMessage): ReadContent | undefined {
  const { inner, viewOnce, ephemeral } = unwrapMessage(message)
  const body = readBody(inner)
  if (!body) return undefined
  const context = contextOf(inner)
  const expiration = context?.expiration ?? undefined
  const mentions = (context?.mentionedJid ?? []).map((jid) => jidDecode(jid)?.user ?? jid)
  return {
    ...body,
    ...(context?.stanzaId && { quotedId: context.stanzaId }),
    ...(mentions.length > 0 && { mentions }),
    ...(viewOnce && { viewOnce }),
    ...((expiration || ephemeral) && { ephemeralSeconds: expiration ?? 0 }),
  }
}

function readBody(message: proto.IMessage): ReadContent | undefined {
  const text = message.conversation || message.extendedTextMessage?.text
  const file = readFile(message)
  if (file) return file
  if (text !== undefined && text !== null && (text !== '' || message.extendedTextMessage))
    return { type: 'text', text }
  const location = message.locationMessage ?? message.liveLocationMessage
  if (location) return readLocation(location)
  const contacts = message.contactMessage ? [message.contactMessage] : message.contactsArrayMessage?.contacts
  if (contacts) return readContacts(contacts)
  const poll = pollOf(message)
  if (poll) return readPoll(poll)
  return readOther(message)
}

function readFile(message: proto.IMessage): ReadContent | undefined {
  const { imageMessage, audioMessage, documentMessage, stickerMessage } = message
  const videoMessage = message.videoMessage ?? message.ptvMessage
  if (imageMessage) return fileContent('image', 'image', imageMessage, imageMessage.caption)
  if (videoMessage) return fileContent('video', 'video', videoMessage, videoMessage.caption)
  if (audioMessage) return fileContent(audioMessage.ptt ? 'voice' : 'audio', 'audio', audioMessage)
  if (stickerMessage) return fileContent('sticker', 'sticker', stickerMessage)
  if (documentMessage) return fileContent('document', 'document', documentMessage, documentMessage.caption)
  return undefined
}

interface FileFields {
  mimetype?: string | null
  fileLength?: Parameters<typeof toNumber>[0]
  fileName?: string | null
  seconds?: number | null
}

function fileContent(
  type: ContentType,
  kind: MediaKind,
  { mimetype, fileLength, fileName, seconds }: FileFields,
  caption?: string | null,
): ReadContent {
  const bytes = toNumber(fileLength)
  const file = {
    kind,
    mimetype: mimetype ?? '',
    bytes,
    ...(fileName && { fileName }),
    ...(seconds !== undefined && seconds !== null && { seconds }),
  }
  return { type, text: caption || null, file }
}

function readLocation(
  location: proto.Message.ILocationMessage | proto.Message.ILiveLocationMessage,
): ReadContent {
  const name = 'name' in location ? location.name : undefined
  const address = 'address' in location ? location.address : undefined
  return {
    type: 'location',
    text: name || null,
    location: {
      latitude: location.degreesLatitude ?? 0,
      longitude: location.degreesLongitude ?? 0,
      ...(name && { name }),
      ...(address && { address }),
    },
  }
}

function readContacts(cards: proto.Message.IContactMessage[]): ReadContent {
  const contacts = cards.map(({ displayName, vcard }) => ({
    name: displayName ?? '',
    phones: readContactPhones(vcard ?? ''),
  }))
  return { type: 'contact', text: contacts.map(({ name }) => name).join(', ') || null, contacts }
}

function readPoll({
  name,
  options,
  selectableOptionsCount,
}: proto.Message.IPollCreationMessage): ReadContent {
  const poll = {
    options: (options ?? []).map(({ optionName }) => optionName ?? ''),
    selectableCount: selectableOptionsCount ?? 0,
  }
  return { type: 'poll', text: name || null, poll }
}

/** The poll that a message creates, in whichever version. */
export function pollOf(message: proto.IMessage): proto.Message.IPollCreationMessage | undefined {
  return (
    message.pollCreationMessage ?? message.pollCreationMessageV2 ?? message.pollCreationMessageV3 ?? undefined
  )
}

/** Carry keys, or are about another message: nothing to show by themselves. */
const SILENT = new Set([
  'messageContextInfo',
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage',
  'protocolMessage',
  'reactionMessage',
  'encReactionMessage',
  'pollUpdateMessage',
  'pinInChatMessage',
  'keepInChatMessage',
  'conversation',
])

function readOther(message: proto.IMessage): ReadContent | undefined {
  const field = fieldsOf(message).find((name) => !SILENT.has(name))
  return field === undefined ? undefined : { type: 'other', text: null, field }
}

function contextOf(message: proto.IMessage): proto.IContextInfo | undefined {
  for (const name of fieldsOf(message)) {
    const value = message[name]
    if (typeof value === 'object' && value !== null && 'contextInfo' in value && value.contextInfo) {
      return value.contextInfo
    }
  }
  return undefined
}

/** The fields that are set; a decoded message carries the others on its prototype. */
function fieldsOf(message: proto.IMessage): (keyof proto.IMessage)[] {
  return (Object.keys(message) as (keyof proto.IMessage)[]).filter((name) => message[name] != null)
}
