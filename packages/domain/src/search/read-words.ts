import { cut } from '@carteiro/contracts/storable-text'
import { foldText } from '../flow/fold-text.ts'

const MAX_WORD_LENGTH = 40
/** Of one text; what comes after them is not found. */
const MAX_WORDS = 1_000
/** As much of a text is fetched to be read. */
export const MAX_TEXT_LENGTH = 8_192
/** Digits of a phone by which it is found: any so many in a row. */
export const MIN_PHONE_DIGITS = 4

/** A text's words as they are compared: without case, accents and punctuation. A very long one is known by its start. */
export const readWords = (text: string): string[] =>
  foldText(text)
    .split(' ', MAX_WORDS)
    .filter((word) => word !== '')
    .map((word) => cut(word, MAX_WORD_LENGTH))

/**
 * What a message's words are in the index: a `tsvector` with their places in the text.
 *
 * @param prefix stands before each word
 */
export function toMessageWords(text: string, prefix: string): string {
  const places = new Map<string, number[]>()
  for (const [index, word] of readWords(text).entries())
    places.set(word, [...(places.get(word) ?? []), index + 1])
  return [...places].map(([word, at]) => `'${prefix}/${word}':${at.join()}`).join(' ')
}

/** What a contact is found by in the index: the words of its names, and each end of its phone. */
export function toContactWords(
  { names, phone }: { names: (string | null)[]; phone: string | null },
  prefix: string,
): string {
  const words = toMessageWords(names.filter((name) => name !== null).join('\n'), prefix)
  const digits = phone?.replace(/\D/g, '') ?? ''
  const ends = Array.from(
    { length: Math.max(0, digits.length - MIN_PHONE_DIGITS + 1) },
    (_, from) => `'${prefix}/#${digits.slice(from)}'`,
  )
  return [words, ...ends].join(' ')
}
