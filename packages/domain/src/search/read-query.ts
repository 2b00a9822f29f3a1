import { MIN_PHONE_DIGITS, readWords } from './read-words.ts'

/** Words that stand side by side; the last one may go on. */
export interface SearchTerm {
  words: string[]
  isOpen: boolean
}

/** What is looked for: each term must be there. */
export interface SearchQuery {
  terms: SearchTerm[]
  /** The digits of what may be a phone, as a whole. */
  phoneDigits: string | undefined
}

export type ReadQuery = { status: 'read'; query: SearchQuery } | { status: 'no_word' | 'too_many_words' }

export const MAX_QUERY_LENGTH = 200
export const MAX_QUERY_WORDS = 10

const QUOTES = /[“”„«»]/g
const CHUNK = /"([^"]*)"?|[^\s"]+/g
const PHONE = /^[+\d\s().-]+$/

/**
 * Reads what a person looks for. All words must be there, in any order; what is in quotes, or written together
 * (`maria@example.com`), side by side. The last word is taken for the beginning of one, unless it is quoted. Pure.
 */
export function readQuery(text: string): ReadQuery {
  const terms: SearchTerm[] = []
  for (const [chunk, quoted] of text.replace(QUOTES, '"').matchAll(CHUNK)) {
    const words = readWords(quoted ?? chunk)
    if (words.length > 0) terms.push({ words, isOpen: quoted === undefined })
  }
  const count = terms.reduce((sum, { words }) => sum + words.length, 0)
  if (count === 0) return { status: 'no_word' }
  if (count > MAX_QUERY_WORDS) return { status: 'too_many_words' }
  for (const term of terms.slice(0, -1)) term.isOpen = false
  const digits = PHONE.test(text.trim()) ? text.replace(/\D/g, '') : ''
  return {
    status: 'read',
    query: { terms, phoneDigits: digits.length >= MIN_PHONE_DIGITS ? digits : undefined },
  }
}

/** A `tsquery` for messages, with `{}` for what stands before each word. Folded words hold nothing to be escaped. */
export const toMessageQuery = ({ terms }: SearchQuery): string => terms.map(toTerm).join(' & ')

/** A `tsquery` for contacts: as for messages, but for numbers, which may also be a part of the phone. */
export function toContactQuery({ terms, phoneDigits }: SearchQuery): string {
  const byTerms = terms.map((term) => {
    const [word = '', ...others] = term.words
    const isPhone = others.length === 0 && /^\d+$/.test(word) && word.length >= MIN_PHONE_DIGITS
    return isPhone ? `(${toTerm(term)} | ${toPhone(word)})` : `(${toTerm(term)})`
  })
  const all = byTerms.join(' & ')
  return phoneDigits === undefined ? all : `(${all}) | ${toPhone(phoneDigits)}`
}

const toTerm = ({ words, isOpen }: SearchTerm): string =>
  words.map((word, index) => `'{}/${word}'${isOpen && index === words.length - 1 ? ':*' : ''}`).join(' <-> ')

const toPhone = (digits: string): string => `'{}/#${digits}':*`
