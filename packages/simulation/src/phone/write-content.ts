import type { proto } from '@whiskeysockets/baileys'
import { writeContactCard } from './contact-card.ts'
import type { Circumstances, MediaFile, WrittenContent } from './phone-content.ts'
import type { MediaKind, StoredMedia } from './phone-media.ts'

/** What the words need of the world around them. */
export interface Writing {
  /** 32 random bytes: polls and reports are sealed with them. */
  secret: Uint8Array
  /** Where the content's file is, if it has one. */
  stored?: StoredMedia
  quoted?: { id: string; authorJid: string; message: proto.IMessage }
  /** How the chat names people. */
  jidOf(phone: string): string
}

/** The kind under which a content's file is kept. Undefined when it has no file. */
export function mediaKindOf(content: WrittenContent): MediaKind | undefined {
  if (content.type === 'voice') return 'audio'
  return 'file' in content ? content.type : undefined
}

/** The message as a phone puts it together, before it is sealed. */
export function writeContent(content: WrittenContent & Circumstances, writing: Writing): proto.IMessage {
  const contextInfo = writeContext(content, writing)
  const message = writeBody(content, writing, contextInfo ? { contextInfo } : {})
  const wrapped = content.viewOnce ? writeViewOnce(message) : message
  return { ...wrapped, messageContextInfo: { messageSecret: writing.secret } }
}

type Context = { contextInfo?: proto.IContextInfo }

function writeBody(content: WrittenContent, writing: Writing, context: Context): proto.IMessage {
  switch (content.type) {
    case 'text':
      return context.contextInfo
        ? { extendedTextMessage: { text: content.text, ...context } }
        : { conversation: content.text }
    case 'location':
      return { locationMessage: { ...writeLocation(content), ...context } }
    case 'contact': {
      const { name, phones } = content
      return { contactMessage: { displayName: name, vcard: writeContactCard(name, phones), ...context } }
    }
    case 'poll':
      return writePoll(content, context)
    default:
      return writeFile(content, writing, context)
  }
}

type FileContent = Extract<WrittenContent, { file: MediaFile }> & Circumstances

function writeFile(content: FileContent, { stored }: Writing, context: Context): proto.IMessage {
  if (!stored) throw new Error(`The file of ${content.type} was not stored`)
  const file = (mimetype: string) => ({ ...stored, mimetype: content.file.mimetype ?? mimetype, ...context })
  switch (content.type) {
    case 'image':
      return { imageMessage: { ...file('image/jpeg'), ...captionOf(content), ...viewOnceOf(content) } }
    case 'video':
      return {
        videoMessage: {
          ...file('video/mp4'),
          ...captionOf(content),
          ...secondsOf(content),
          ...viewOnceOf(content),
        },
      }
    case 'audio':
      return { audioMessage: { ...file('audio/mpeg'), ...secondsOf(content), ptt: false } }
    case 'voice':
      return {
        audioMessage: {
          ...file('audio/ogg; codecs=opus'),
          ...secondsOf(content),
          ptt: true,
          ...viewOnceOf(content),
        },
      }
    case 'sticker':
      return { stickerMessage: file('image/webp') }
    case 'document': {
      const { fileName } = content
      const documentMessage = {
        ...file('application/octet-stream'),
        fileName,
        title: fileName,
        ...captionOf(content),
      }
      // Phones wrap a document that has a caption, so that clients of before captions show nothing wrong.
      return content.caption
        ? { documentWithCaptionMessage: { message: { documentMessage } } }
        : { documentMessage }
    }
  }
}

const captionOf = ({ caption }: { caption?: string }) => (caption ? { caption } : {})
const secondsOf = ({ seconds }: { seconds?: number }) => (seconds === undefined ? {} : { seconds })
const viewOnceOf = ({ viewOnce }: Circumstances) => (viewOnce ? { viewOnce } : {})

function writeLocation({
  latitude,
  longitude,
  name,
  address,
}: Extract<WrittenContent, { type: 'location' }>) {
  return {
    degreesLatitude: latitude,
    degreesLongitude: longitude,
    ...(name ? { name } : {}),
    ...(address ? { address } : {}),
  }
}

function writePoll(content: Extract<WrittenContent, { type: 'poll' }>, context: Context): proto.IMessage {
  const { question, options, selectableCount = 0 } = content
  const poll = {
    name: question,
    options: options.map((optionName) => ({ optionName })),
    selectableOptionsCount: selectableCount,
    ...context,
  }
  // Polls of one choice travel as version 3.
  return selectableCount === 1 ? { pollCreationMessageV3: poll } : { pollCreationMessage: poll }
}

function writeContext(content: Circumstances, writing: Writing): proto.IContextInfo | undefined {
  const { mentions = [], ephemeralSeconds } = content
  const { quoted, jidOf } = writing
  const context: proto.IContextInfo = {
    ...(quoted && { stanzaId: quoted.id, participant: quoted.authorJid, quotedMessage: quoted.message }),
    ...(mentions.length > 0 && { mentionedJid: mentions.map(jidOf) }),
    ...(ephemeralSeconds && { expiration: ephemeralSeconds }),
  }
  return Object.keys(context).length > 0 ? context : undefined
}

function writeViewOnce(message: proto.IMessage): proto.IMessage {
  return message.audioMessage
    ? { viewOnceMessageV2Extension: { message } }
    : { viewOnceMessageV2: { message } }
}
