import { foldText } from './fold-text.ts'

/** Where a clause ends: what stands behind it is about something else. */
const CLAUSE_END = /[,;!?\n\r]|\.(?=\s|$)/
const OPENING = /^[\s:=\u2013\u2014-]+/

/**
 * What stands after a phrase in a text, up to the end of its clause, as it was written. Pure.
 *
 * @param cue a folded phrase; it is looked for as whole words
 * @returns `undefined` when the phrase is not there, or nothing is after it
 */
export function readAfter(text: string, cue: string): string | undefined {
  const wanted = cue.split(' ')
  const words = wordsOf(text)
  for (let start = 0; start + wanted.length <= words.length; start++) {
    if (!wanted.every((word, index) => words[start + index]?.folded === word)) continue
    const rest = firstClause(text.slice(words[start + wanted.length - 1]?.end))
    if (rest !== '') return rest
  }
  return undefined
}

/** What a text says up to the end of its first clause. */
export function firstClause(text: string): string {
  const [clause = ''] = text.replace(OPENING, '').split(CLAUSE_END, 1)
  return clause.trim()
}

/** Each run of letters and digits, folded, and where it ends in the text. */
function wordsOf(text: string): { folded: string; end: number }[] {
  return [...text.matchAll(/[\p{L}\p{M}\p{N}]+/gu)].flatMap(({ 0: word, index }) => {
    const folded = foldText(word)
    return folded === '' ? [] : folded.split(' ').map((part) => ({ folded: part, end: index + word.length }))
  })
}
