import type { IntentName } from '@carteiro/contracts/intent'
import { fileOf, type IntentFile } from '@carteiro/contracts/intents/file'
import type { TransportIntent } from '@carteiro/contracts/intents/render-intent'
import { parseRecipient } from '@carteiro/contracts/jid'
import { toGraphTemplate } from './to-graph-template.ts'

/** Whom a message goes to, and the id that Meta gives back with every receipt of it. */
export interface GraphAddressee {
  /** The delivery's. */
  id: string
  recipient: string
}

/** A message as Meta's `messages` endpoint takes it, or why Meta takes none such. */
export type GraphMessage =
  | { status: 'mapped'; body: object }
  | { status: 'refused'; code: 'INVALID_TO' | 'UNSUPPORTED_OPERATION'; message: string }

/** A file whose bytes are ours, and not at an address that Meta can fetch. */
export type OwnFile = Omit<IntentFile, 'source'> & { source: { base64: string } | { uploadId: string } }

/** The file whose bytes must be with Meta before its message can name it. */
export function fileToUpload(intent: TransportIntent): OwnFile | undefined {
  switch (intent.intent) {
    case 'image':
    case 'video':
    case 'audio':
    case 'document':
    case 'sticker': {
      const { source, ...named } = fileOf(intent)
      return 'url' in source ? undefined : { ...named, source }
    }
    default:
      return undefined
  }
}

/**
 * A delivery as Meta's Cloud API reads it. Pure.
 *
 * @param mediaId Meta's id of the file, where its bytes were uploaded; else Meta fetches it by its link
 */
export function toGraphMessage(
  { id, recipient }: GraphAddressee,
  intent: TransportIntent,
  mediaId?: string,
): GraphMessage {
  const to = parseRecipient(recipient)
  if (to?.kind !== 'phone') {
    return refused('INVALID_TO', 'A number of the Cloud API writes to phone numbers alone.')
  }
  const content = toContent(intent, mediaId)
  if (!content) return refused('UNSUPPORTED_OPERATION', `The Cloud API cannot send ${intent.intent}.`)
  const body = {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: to.digits,
    biz_opaque_callback_data: id,
    ...toContext(intent),
    ...content,
  }
  return { status: 'mapped', body }
}

const refused = (code: 'INVALID_TO' | 'UNSUPPORTED_OPERATION', message: string): GraphMessage => ({
  status: 'refused',
  code,
  message,
})

/** What it answers. Meta has no way to mention anybody. */
const toContext = (intent: TransportIntent): object =>
  'quoted' in intent && intent.quoted ? { context: { message_id: intent.quoted.providerMessageId } } : {}

/** @returns `undefined` for what Meta has no message for */
function toContent(intent: TransportIntent, mediaId: string | undefined): object | undefined {
  switch (intent.intent) {
    case 'text':
      return { type: 'text', text: { body: intent.text, ...given({ preview_url: intent.previewUrl }) } }
    case 'template':
      return { type: 'template', template: toGraphTemplate(intent) }
    case 'image':
    case 'video':
      return withFile(intent.intent, toFile(intent, mediaId), { caption: intent.caption })
    case 'document': {
      const filename = fileOf(intent).fileName
      return withFile('document', toFile(intent, mediaId), { caption: intent.caption, filename })
    }
    case 'audio':
      return withFile('audio', toFile(intent, mediaId), { voice: intent.ptt })
    case 'sticker':
      return withFile('sticker', toFile(intent, mediaId), {})
    case 'location': {
      const { latitude, longitude, name, address } = intent
      return { type: 'location', location: { latitude, longitude, ...given({ name, address }) } }
    }
    case 'contact':
      return { type: 'contacts', contacts: [toContact(intent)] }
    case 'reaction': {
      const { target, messageId, emoji } = intent
      return { type: 'reaction', reaction: { message_id: target?.providerMessageId ?? messageId, emoji } }
    }
    case 'poll':
      return undefined
    default:
      return intent satisfies never
  }
}

const withFile = (type: IntentName, file: object, members: Record<string, unknown>): object => ({
  type,
  [type]: { ...file, ...given(members) },
})

function toFile(intent: Parameters<typeof fileOf>[0], mediaId: string | undefined): object {
  const { source } = fileOf(intent)
  return 'url' in source ? { link: source.url } : { id: mediaId }
}

/** Meta demands a part of the name beside the whole; which word is which nobody knows. */
function toContact(intent: Extract<TransportIntent, { intent: 'contact' }>): object {
  const { fullName, phones, organization, emails } = intent
  return {
    name: { formatted_name: fullName, first_name: fullName },
    phones: phones.map((phone) => ({ phone })),
    ...given({
      org: organization === undefined ? undefined : { company: organization },
      emails: emails?.map((email) => ({ email })),
    }),
  }
}

/** Without the members that were left out. */
const given = (fields: Record<string, unknown>): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
