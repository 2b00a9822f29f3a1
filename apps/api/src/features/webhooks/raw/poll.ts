import { createHash } from 'node:crypto'
import { cut } from '@carteiro/contracts/storable-text'
import { defined, firstText, isObject, type JsonObject, textOf } from '../../../json/json-value.ts'
import { readBytes } from './bytes.ts'
import { readLong } from './longs.ts'

const MAX_OPTIONS = 100

/** WhatsApp's own way: votes name an option by the SHA-256 of its text. @returns hex */
export const optionId = (name: string): string => createHash('sha256').update(name).digest('hex')

/** A poll: its question, its options and the secret that its votes are encrypted with (base64). */
export function readPoll(part: JsonObject, contextInfo: JsonObject | undefined): JsonObject {
  const options = Array.isArray(part.options) ? part.options.slice(0, MAX_OPTIONS) : []
  const names = options.flatMap(optionName)
  return defined({
    name: cut(textOf(part.name) ?? '', 1_000),
    options: names.map((name) => ({ id: optionId(name), name })),
    selectableCount: readLong(part.selectableOptionsCount ?? part.selectableCount) ?? 0,
    messageSecret: readBytes(contextInfo?.messageSecret) ?? readBytes(part.messageSecret ?? part.encKey),
  })
}

/** An option as a text, or in an object under any of its names. */
export function optionName(option: unknown): string[] {
  const name = isObject(option)
    ? firstText(option.optionName, option.name, option.title, option.text)
    : textOf(option)
  return name === undefined ? [] : [cut(name, 1_000)]
}
