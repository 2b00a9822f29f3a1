import { parseStorable } from '../../json/bounded-json.ts'
import { defined, isObject, type JsonObject } from '../../json/json-value.ts'
import { listIn, objectIn, textIn } from './read-json.ts'

/** `type` and what belongs to it, under the names that all transports' messages have. */
export type CloudContent = JsonObject & { type: string }

type ReadContent = (content: JsonObject, message: JsonObject) => CloudContent

const MEDIA = ['image', 'video', 'audio', 'document', 'sticker']

const READERS: Record<string, ReadContent> = {
  text: (content) => ({ type: 'text', text: textIn(content, 'body') }),
  ...Object.fromEntries(MEDIA.map((type) => [type, (content: JsonObject) => readMedia(type, content)])),
  location: (content) => ({
    type: 'location',
    text: textIn(content, 'name'),
    location: defined({
      latitude: content.latitude,
      longitude: content.longitude,
      name: textIn(content, 'name'),
      address: textIn(content, 'address'),
      url: textIn(content, 'url'),
    }),
  }),
  contacts: (_content, message) => readContacts(listIn(message, 'contacts').filter(isObject)),
  button: (content) => ({
    type: 'template_reply',
    text: textIn(content, 'text') ?? textIn(content, 'payload'),
    interactive: choice('template', textIn(content, 'payload'), textIn(content, 'text')),
  }),
  interactive: (content) => readInteractive(content),
  order: (content) => ({
    type: 'order',
    text: textIn(content, 'text'),
    order: defined({ catalogId: textIn(content, 'catalog_id'), items: listIn(content, 'product_items') }),
  }),
  system: (content) => ({ type: 'system', text: textIn(content, 'body'), system: content }),
}

/**
 * Reads the content of one of Meta's messages. Nothing is dropped: what is not known is `unsupported`, with Meta's
 * name of it and all that stood there.
 */
export function readContent(message: JsonObject): CloudContent {
  const name = textIn(message, 'type') ?? 'unknown'
  const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined
  return read ? read(objectIn(message, name), message) : readUnsupported(name, message)
}

function readMedia(type: string, content: JsonObject): CloudContent {
  return {
    type,
    text: textIn(content, 'caption'),
    media: defined({
      id: textIn(content, 'id'),
      mimetype: textIn(content, 'mime_type'),
      sha256: textIn(content, 'sha256'),
      caption: textIn(content, 'caption'),
      fileName: textIn(content, 'filename'),
      voice: content.voice,
      ptt: content.voice,
      animated: content.animated,
    }),
  }
}

function readContacts(contacts: JsonObject[]): CloudContent {
  const cards = contacts.map((contact) => ({
    displayName: textIn(objectIn(contact, 'name'), 'formatted_name'),
    phones: listIn(contact, 'phones').filter(isObject).flatMap(readPhone),
    details: contact,
  }))
  return {
    type: 'contacts',
    text: cards.flatMap(({ displayName }) => displayName ?? []).join(', '),
    contacts: cards,
  }
}

const readPhone = (phone: JsonObject): string[] => {
  const onWhatsApp = textIn(phone, 'wa_id')
  const written = onWhatsApp === undefined ? textIn(phone, 'phone') : `+${onWhatsApp}`
  return written === undefined ? [] : [written]
}

function readInteractive(content: JsonObject): CloudContent {
  const button = objectIn(content, 'button_reply')
  const row = objectIn(content, 'list_reply')
  const form = objectIn(content, 'nfm_reply')
  switch (content.type) {
    case 'button_reply': {
      const [id, title] = [textIn(button, 'id'), textIn(button, 'title')]
      return { type: 'buttons_response', text: title ?? id, interactive: choice('button', id, title) }
    }
    case 'list_reply': {
      const [id, title] = [textIn(row, 'id'), textIn(row, 'title')]
      const interactive = choice('list', id, title, { description: textIn(row, 'description') })
      return { type: 'list_response', text: title ?? id, rowId: id, interactive }
    }
    case 'nfm_reply': {
      const more = { name: textIn(form, 'name'), parameters: readResponse(form.response_json) }
      const interactive = choice('flow', undefined, textIn(form, 'body'), more)
      return { type: 'interactive_response', text: textIn(form, 'body'), interactive }
    }
    default:
      return { type: 'interactive_response', interactive: { ...content, kind: 'unknown' } }
  }
}

/** What a person chose, under the names that all transports' messages have. */
const choice = (kind: string, id?: string, title?: string, more: JsonObject = {}): JsonObject =>
  defined({ kind, id, title, ...more })

/** What a customer filled in: JSON inside of JSON; as it came when it is none. */
const readResponse = (response: unknown): unknown =>
  typeof response === 'string' ? (parseStorable(response) ?? response) : response

const readUnsupported = (name: string, message: JsonObject): CloudContent => ({
  type: 'unsupported',
  unsupportedType: textIn(objectIn(message, 'unsupported'), 'type') ?? name,
  content: message[name],
})
