import type { IntentName } from '@carteiro/contracts/intent'
import { isObject, type JsonObject } from '../json/json-value.ts'

/** The member that tells an intent, the most telling first: a file may have a `text` beside it, by mistake. */
const TELLTALES: [member: string, intent: IntentName][] = [
  ['proposalId', 'proposta'],
  ['contractId', 'contrato'],
  ['templateCode', 'template'],
  ['question', 'poll'],
  ['emoji', 'reaction'],
  ['fullName', 'contact'],
  ['latitude', 'location'],
  ['text', 'text'],
]

const BY_EXTENSION: Record<string, IntentName> = {
  ...from('image', ['jpg', 'jpeg', 'png']),
  ...from('video', ['mp4', '3gp']),
  ...from('audio', ['ogg', 'opus', 'mp3', 'm4a', 'aac', 'amr']),
}

function from(intent: IntentName, extensions: string[]): Record<string, IntentName> {
  return Object.fromEntries(extensions.map((extension) => [extension, intent]))
}

/**
 * Which intent a body is that does not say so, by its members; a file by its media type, else by its extension, else
 * it is a document, which takes any file. Pure.
 */
export function deriveIntent(content: JsonObject): IntentName | undefined {
  const [, told] = TELLTALES.find(([member]) => content[member] !== undefined) ?? []
  if (told !== undefined && told !== 'text') return told
  if (content.mediaUrl !== undefined || content.media !== undefined) return deriveFile(content)
  return told
}

function deriveFile(content: JsonObject): IntentName {
  const media = isObject(content.media) ? content.media : {}
  const mimeType = content.mimeType ?? media.mimeType
  if (typeof mimeType === 'string') return byMimeType(mimeType.toLowerCase())
  const names = [content.fileName, media.fileName, pathOf(content.mediaUrl ?? media.url)]
  const extensions = names.map((name) => (typeof name === 'string' ? /\.(\w+)$/.exec(name)?.[1] : undefined))
  const extension = extensions.find((found) => found !== undefined)?.toLowerCase() ?? ''
  return Object.hasOwn(BY_EXTENSION, extension) ? (BY_EXTENSION[extension] ?? 'document') : 'document'
}

function byMimeType(mimeType: string): IntentName {
  const [kind] = mimeType.split('/')
  return kind === 'image' || kind === 'video' || kind === 'audio' ? kind : 'document'
}

const pathOf = (url: unknown): string | undefined =>
  typeof url === 'string' && URL.canParse(url) ? new URL(url).pathname : undefined
