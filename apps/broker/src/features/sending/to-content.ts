import type { BrokerOutboundMessage } from '@carteiro/contracts/broker-send'
import { formatJid, type Jid, parseRecipient } from '@carteiro/contracts/jid'
import type { AnyMessageContent, WAMessageKey } from '@whiskeysockets/baileys'
import { linkCard } from './link-card.ts'
import { renderTemplate } from './render-template.ts'
import { type MediaFile, toMediaContent } from './to-media-content.ts'
import { toVcard } from './to-vcard.ts'

/** What a content is made of beside the message itself. */
export interface Given {
  /** The chat that it goes to. */
  jid: Jid
  /** The file, fetched; there for every type that has one. */
  file?: MediaFile | undefined
  /** The message that is reacted to. */
  target?: WAMessageKey | undefined
}

/** What Baileys sends for a message of ours. Pure. */
export function toContent(message: BrokerOutboundMessage, given: Given): AnyMessageContent {
  switch (message.type) {
    case 'text':
      return {
        ...toText(message.message, message.previewUrl === true),
        ...toMentions(message.mentions),
      }
    case 'template':
      return toText(renderTemplate(message.template), false)
    case 'image':
    case 'video':
    case 'document':
      return { ...toMediaContent(message, given.file), ...toMentions(message.mentions) }
    case 'audio':
    case 'sticker':
      return toMediaContent(message, given.file)
    case 'location':
      return { location: toLocation(message.location) }
    case 'contact':
      return {
        contacts: {
          displayName: message.contact.fullName,
          contacts: [{ displayName: message.contact.fullName, vcard: toVcard(message.contact) }],
        },
      }
    case 'poll':
      return { poll: toPoll(message.poll) }
    case 'reaction':
      return { react: { text: message.reaction.emoji, key: toTarget(message.reaction, given) } }
    default:
      return message satisfies never
  }
}

/** Without a card of ours Baileys would fetch whatever address stands in the text, from inside our network. */
const toText = (text: string, previewUrl: boolean) => ({
  text,
  linkPreview: previewUrl ? (linkCard(text) ?? null) : null,
})

/** @returns nothing for spellings that name nobody */
function toMentions(mentions: string[] | undefined): { mentions?: string[] } {
  const jids = (mentions ?? []).flatMap((mention) => {
    const jid = parseRecipient(mention)
    return jid && jid.kind !== 'group' ? formatJid(jid) : []
  })
  return jids.length === 0 ? {} : { mentions: jids }
}

type Of<Type extends BrokerOutboundMessage['type']> = Extract<BrokerOutboundMessage, { type: Type }>

const toLocation = ({ latitude, longitude, name, address }: Of<'location'>['location']) => ({
  degreesLatitude: latitude,
  degreesLongitude: longitude,
  ...(name === undefined ? {} : { name }),
  ...(address === undefined ? {} : { address }),
})

const toPoll = ({ question, options, selectableCount }: Of<'poll'>['poll']) => ({
  name: question,
  values: options,
  selectableCount,
})

/** What the caller says of the message goes before what we know of it. */
function toTarget({ messageId, fromMe, participant }: Of<'reaction'>['reaction'], { jid, target }: Given) {
  const writer = participant ?? target?.participant
  return {
    remoteJid: target?.remoteJid ?? formatJid(jid),
    id: messageId,
    fromMe: fromMe ?? target?.fromMe ?? false,
    ...(writer ? { participant: writer } : {}),
  }
}
