/**
 * A text as words are compared: without case, accents and punctuation, one space between words. Pure; NFKD comes
 * first, as it also makes one letter of a ligature or a full-width form.
 */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

/** Where a folded phrase stands in a folded text as whole words; -1 when it does not. */
export function findPhrase(folded: string, phrase: string): number {
  return phrase === '' ? -1 : ` ${folded} `.indexOf(` ${phrase} `)
}
