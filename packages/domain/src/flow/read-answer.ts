import type { FlowAnswer } from '@carteiro/contracts/flow'
import { RE2JS } from 're2js'
import { z } from 'zod'
import { findPhrase, foldText } from './fold-text.ts'
import { firstClause, readAfter } from './read-cue.ts'
import { OPENINGS, readName, takeName } from './read-name.ts'

/** How one field is read from a text. Both are pure, and take time in proportion to the text. */
export interface AnswerReader {
  /** From a text that answers the question; `undefined` when it does not. */
  read(text: string): string | undefined
  /** From any text: only what is said without doubt. */
  find(text: string): string | undefined
}

const Email = z.email().max(254)
const MAX_MATCH_LENGTH = 200

/** @throws when a pattern is none: a definition is checked before it is compiled */
export function createReader(answer: FlowAnswer, cues: string[]): AnswerReader {
  const folded = cues.map(foldText).filter((cue) => cue !== '')
  switch (answer.type) {
    case 'choice':
      return both(chooserOf(answer.options))
    case 'email':
      return both(findEmail)
    case 'pattern':
      return both(matcherOf(answer.pattern))
    case 'name':
      return {
        read: (text) => readName(text, folded),
        find: (text) => firstOf(folded, (cue) => takeName(readAfter(text, cue))),
      }
    case 'text': {
      const within = (found: string | undefined) =>
        found !== undefined && found.length <= answer.maxLength && /[\p{L}\p{N}]/u.test(found)
          ? found
          : undefined
      const find = (text: string) => firstOf(folded, (cue) => within(readAfter(text, cue)))
      return { find, read: (text) => find(text) ?? within(withoutOpening(text.trim())) }
    }
    default:
      return answer satisfies never
  }
}

/** @throws RE2JSSyntaxException when it is none of RE2's syntax: back-references and look-around are not */
export const compilePattern = (pattern: string): RE2JS => RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE)

const both = (read: (text: string) => string | undefined): AnswerReader => ({ read, find: read })

/** The option that the longest phrase names; of phrases alike, the one that comes first in the text. */
function chooserOf(options: { value: string; words: string[] }[]) {
  const phrases = options.flatMap(({ value, words }) =>
    words.map((word) => ({ value, phrase: foldText(word) })),
  )
  return (text: string): string | undefined => {
    const folded = foldText(text)
    const found = phrases
      .map(({ value, phrase }) => ({ value, phrase, at: findPhrase(folded, phrase) }))
      .filter(({ at }) => at >= 0)
      .toSorted((a, b) => b.phrase.length - a.phrase.length || a.at - b.at)
    return found[0]?.value
  }
}

const findEmail = (text: string): string | undefined =>
  text
    .split(/[\s<>(),;:"[\]]+/u)
    .map((word) => word.replace(/[.!?'\u2019]+$/u, ''))
    .find((word) => word.includes('@') && Email.safeParse(word).success)

function matcherOf(pattern: string) {
  const compiled = compilePattern(pattern)
  return (text: string): string | undefined => {
    const matcher = compiled.matcher(text)
    if (!matcher.find()) return undefined
    const found = ((matcher.groupCount() > 0 ? matcher.group(1) : null) ?? matcher.group(0) ?? '').trim()
    return found === '' || found.length > MAX_MATCH_LENGTH ? undefined : found
  }
}

/** "I am Indian" says no more than "Indian". */
function withoutOpening(text: string): string {
  const folded = foldText(text)
  const opening = OPENINGS.find((one) => folded.startsWith(`${one} `))
  const rest = opening === undefined ? undefined : readAfter(text, opening)
  return rest !== undefined && rest.split(/\s+/u).length <= 3 && firstClause(text).endsWith(rest)
    ? rest
    : text
}

function firstOf<Item, Found>(items: Item[], find: (item: Item) => Found | undefined): Found | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}
