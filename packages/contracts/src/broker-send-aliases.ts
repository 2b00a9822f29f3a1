type Fields = Record<string, unknown>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})

/** What a caller wrote as null was left out. One level down, too: no deeper member of a send may be missing. */
function withoutNulls(given: Fields): Fields {
  const told = Object.entries(given).filter(([, value]) => value !== null)
  return Object.fromEntries(
    told.map(([name, value]) => [name, isFields(value) && name !== 'metadata' ? dropNulls(value) : value]),
  )
}

const dropNulls = (given: Fields): Fields =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))

/** Members that say by themselves what is to be sent. */
const TELLING = ['reaction', 'poll', 'location', 'contact', 'template']

/** A `type` that is not there is told by the members: without any of them it is a text. */
function typeOf(body: Fields, mimeType: unknown): unknown {
  if (body.type !== undefined) return body.type
  const telling = TELLING.find((name) => isFields(body[name]))
  if (telling !== undefined) return telling
  if (body.mediaUrl === undefined && body.media === undefined) return 'text'
  const [kind = ''] = typeof mimeType === 'string' ? mimeType.split('/') : []
  return ['image', 'video', 'audio'].includes(kind) ? kind : 'document'
}

/**
 * A send's body in one spelling, whichever of the field's it came in: the text in `message`, `text` or `content`, the
 * file at the top or in `media`, the caption also in the text's place. Values are not looked at; what is no object
 * stays as it is. Pure.
 */
export function withoutAliases(given: unknown): unknown {
  if (!isFields(given)) return given
  const body = withoutNulls(given)
  const text = body.message ?? body.text ?? body.content
  const file = readMedia(body)
  const type = typeOf(body, file?.mimeType)
  return {
    ...body,
    type,
    message: text,
    media: file,
    caption: body.caption ?? (file === undefined ? undefined : text),
    poll: readPoll(body.poll),
    reaction: readReaction(body),
    template: readTemplate(body, text),
  }
}

function readMedia(body: Fields): Fields | undefined {
  const media = fieldsOf(body.media)
  const url = body.mediaUrl ?? media.url
  if (url === undefined && !isFields(body.media)) return undefined
  const bytes = readDataUrl(media.base64)
  return {
    url,
    base64: bytes.base64,
    mimeType: body.mimeType ?? media.mimeType ?? media.mimetype ?? bytes.mimeType,
    fileName: body.fileName ?? media.fileName,
  }
}

/** What browsers make of a file stands before the bytes: `data:image/png;base64,`. */
function readDataUrl(base64: unknown): { base64: unknown; mimeType?: string } {
  if (typeof base64 !== 'string' || !base64.startsWith('data:')) return { base64 }
  const comma = base64.indexOf(',')
  const [mimeType] = base64.slice('data:'.length, comma).split(/;base64$/)
  return { base64: base64.slice(comma + 1), ...(mimeType ? { mimeType } : {}) }
}

function readPoll(given: unknown): unknown {
  if (!isFields(given)) return given
  return { ...given, question: given.question ?? given.name, options: given.options ?? given.values }
}

function readReaction({ reaction: given, quotedMessageId }: Fields): unknown {
  if (!isFields(given)) return given
  return {
    ...given,
    messageId: given.messageId ?? quotedMessageId,
    emoji: given.emoji ?? given.text,
  }
}

function readTemplate({ template: given, variables }: Fields, text: unknown): unknown {
  if (!isFields(given)) return given
  return {
    ...given,
    text: given.text ?? given.body ?? text,
    variables: readVariables(given.variables ?? variables),
  }
}

/** A list fills `{{1}}`, `{{2}}` and so on. Numbers are written as they are. */
function readVariables(given: unknown): unknown {
  const named = Array.isArray(given) ? Object.fromEntries(given.map(numbered)) : given
  if (!isFields(named)) return named
  return Object.fromEntries(
    Object.entries(named).map(([name, value]) => [name, typeof value === 'number' ? String(value) : value]),
  )
}

const numbered = (value: unknown, index: number): [string, unknown] => [String(index + 1), value]
