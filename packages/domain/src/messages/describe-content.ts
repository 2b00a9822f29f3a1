/** What a message is, and what a person reads of it. */
export interface ContentDescription {
  type: string
  text: string | null
}

/** Parts of a WhatsApp message that carry a caption or a text, by the type that lists show. */
const PARTS: Record<string, string> = {
  imageMessage: 'image',
  videoMessage: 'video',
  audioMessage: 'audio',
  documentMessage: 'document',
  stickerMessage: 'sticker',
  locationMessage: 'location',
  contactMessage: 'contact',
}

/**
 * Reads type and text of a message object as brokers send it: `{type, text}`, or WhatsApp's own members. Beside a
 * media part the type is the media's, and `conversation` its text (the sample of the broker contracts).
 */
export function describeContent(message: Record<string, unknown>): ContentDescription {
  const part = Object.keys(PARTS).find((key) => isObject(message[key]))
  const named = typeof message.type === 'string' && message.type !== '' ? message.type : undefined
  const type = (part && PARTS[part]) ?? named ?? 'text'
  const content = part ? message[part] : undefined
  const extended = message.extendedTextMessage
  const text = firstText(
    message.text,
    message.conversation,
    isObject(extended) ? extended.text : undefined,
    isObject(content) ? content.caption : undefined,
  )
  return { type, text }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

function firstText(...candidates: unknown[]): string | null {
  const found = candidates.find((value) => typeof value === 'string' && value !== '')
  return typeof found === 'string' ? found : null
}
