import type { SearchSnippet } from '@carteiro/contracts/search'
import { cut } from '@carteiro/contracts/storable-text'
import type { SearchQuery } from './read-query.ts'
import { readWords } from './read-words.ts'

const WORD = /[\p{L}\p{N}\p{M}]+/gu
const BEFORE = 60
const LENGTH = 200
const MAX_MATCHES = 20

/** The part of a text where it first matches, and where in it the words are that were looked for. Pure. */
export function makeSnippet(text: string, { terms }: SearchQuery): SearchSnippet {
  const whole = new Set(terms.flatMap(({ words, isOpen }) => (isOpen ? words.slice(0, -1) : words)))
  const begun = terms.flatMap(({ words, isOpen }) => (isOpen ? words.slice(-1) : []))
  const isMatch = (word: string) =>
    readWords(word).some((folded) => whole.has(folded) || begun.some((start) => folded.startsWith(start)))
  const matches: { from: number; to: number }[] = []
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const [first] = matches
    if (matches.length === MAX_MATCHES || (first && index > first.from + LENGTH)) break
    if (isMatch(word)) matches.push({ from: index, to: index + word.length })
  }
  const start = startOf(text, matches[0]?.from ?? 0)
  const part = cut(text.slice(start).toWellFormed(), LENGTH)
  return {
    text: part,
    matches: matches
      .map(({ from, to }) => ({ from: from - start, to: to - start }))
      .filter(({ to }) => to <= part.length),
  }
}

/** Some way before the match, at the beginning of a word. */
function startOf(text: string, match: number): number {
  if (match <= BEFORE) return 0
  const space = text.slice(match - BEFORE, match).search(/\s/)
  return space === -1 ? match : match - BEFORE + space + 1
}
