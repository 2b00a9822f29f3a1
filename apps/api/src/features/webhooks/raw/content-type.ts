import { BOOKKEEPING_PARTS, CONTENT_TYPES } from '@carteiro/contracts/content-type'
import { cut } from '@carteiro/contracts/storable-text'
import { isObject, type JsonObject } from '../../../json/json-value.ts'

const TYPE_ENTRIES = Object.entries(CONTENT_TYPES)

export interface ContentType {
  type: string
  /** WhatsApp's name of the part that gives the type. */
  name: string
  part: JsonObject
}

/** Whether it is a part that we know by name. */
export function isPart(name: string, part: unknown): boolean {
  if (!Object.hasOwn(CONTENT_TYPES, name)) return false
  return name === 'conversation' ? typeof part === 'string' && part !== '' : isObject(part)
}

/**
 * What a plain content is. A part that we do not know is `unsupported`, and keeps its name.
 *
 * @param mixed other members may stand beside the parts (a broker's event): only `...Message` is a part then
 * @returns `undefined` when there is nothing to read
 */
export function readType(parts: JsonObject, { mixed }: { mixed: boolean }): ContentType | undefined {
  for (const [name, type] of TYPE_ENTRIES) {
    const part = parts[name]
    if (isPart(name, part)) return { type, name, part: isObject(part) ? part : {} }
  }
  for (const [name, part] of Object.entries(parts)) {
    if (part === null || part === undefined || part === '' || BOOKKEEPING_PARTS.has(name)) continue
    if (mixed && !(isObject(part) && /Message(V\d+)?$/.test(name))) continue
    return { type: 'unsupported', name: cut(name, 100), part: isObject(part) ? part : {} }
  }
  return undefined
}

/** A type as some broker wrote it, in our words: `imageMessage` is `image`; what we do not know stays. */
export function toOurType(written: string): string {
  return Object.hasOwn(CONTENT_TYPES, written) ? (CONTENT_TYPES[written] ?? written) : cut(written, 64)
}
