import type { BrokerOutboundBody } from '../broker-send.ts'
import { type FileSource, fileOf, type IntentFile } from './file.ts'
import type { PhoneIntent } from './render-intent.ts'

type Content = Omit<BrokerOutboundBody, 'instanceId' | 'to' | 'externalId'>

/** Whom a message goes to, and by which instance. */
export interface Addressed {
  /** The delivery's id: what a broker without ids of its own answers. */
  id: string
  instanceId: string
  recipient: string
}

/**
 * A delivery as brokers read it: the names of the broker contracts, files at the top level, where every generation
 * of brokers looks for them. Pure.
 */
export function toBrokerMessage(
  { id, instanceId, recipient }: Addressed,
  intent: PhoneIntent,
): BrokerOutboundBody {
  return { instanceId, to: recipient, externalId: id, ...toContent(intent), ...toContext(intent) }
}

/** What it answers, as the transport names it, and whom it names. */
function toContext(intent: PhoneIntent): Partial<Content> {
  return {
    ...('quoted' in intent ? given({ quotedMessageId: intent.quoted?.providerMessageId }) : {}),
    ...('mentions' in intent ? given({ mentions: intent.mentions }) : {}),
  }
}

function toContent(intent: PhoneIntent): Content {
  switch (intent.intent) {
    case 'text':
      return toText(intent.text, intent.previewUrl)
    case 'image':
    case 'video':
    case 'document':
      return { type: intent.intent, ...toFile(intent), ...given({ caption: intent.caption }) }
    case 'audio':
      return { type: 'audio', ...toFile(intent), ...given({ ptt: intent.ptt }) }
    case 'sticker':
      return { type: 'sticker', ...toFile(intent) }
    case 'location': {
      const { latitude, longitude, name, address } = intent
      return { type: 'location', location: { latitude, longitude, ...given({ name, address }) } }
    }
    case 'contact': {
      const { fullName, phones, organization, emails } = intent
      return { type: 'contact', contact: { fullName, phones, ...given({ organization, emails }) } }
    }
    case 'poll': {
      const { question, options, selectableCount } = intent
      return { type: 'poll', poll: { question, options, selectableCount } }
    }
    case 'reaction':
      return toReaction(intent)
    default:
      return intent satisfies never
  }
}

const toText = (message: string, previewUrl: boolean | undefined): Content => ({
  type: 'text',
  message,
  ...given({ previewUrl }),
})

/** Bytes have no place but `media`. @throws Error for an upload that was not named by its address */
function toFile(named: FileSource): Partial<Content> {
  const { source, mimeType, fileName } = fileOf(named)
  return {
    ...toSource(source),
    ...given({ mimeType, fileName }),
  }
}

function toSource(source: IntentFile['source']): Partial<Content> {
  if ('url' in source) return { mediaUrl: source.url }
  if ('base64' in source) return { media: { base64: source.base64 } }
  throw new Error(`the upload ${source.uploadId} has no address`)
}

/** The message as the transport names it, found when the reaction was queued. */
function toReaction({ messageId, emoji, target }: Extract<PhoneIntent, { intent: 'reaction' }>): Content {
  const { fromMe, participantJid: participant } = target ?? {}
  return {
    type: 'reaction',
    reaction: {
      messageId: target?.providerMessageId ?? messageId,
      emoji,
      ...given({ fromMe, participant }),
    },
  }
}

type Given<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

/** Without the members that were left out. */
function given<Fields extends object>(fields: Fields): Given<Fields>
function given(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
