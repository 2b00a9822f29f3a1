/** What moves or hides text: line breaks, control characters, and marks that turn the direction of writing. */
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gu
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Characters that format text in WhatsApp, and ones that look like them and do not. */
const LOOK_ALIKES: Record<string, string> = { '*': '\u2217', _: '\u02cd', '~': '\u223c', '`': '\u02cb' }
const FORMATTING = /[*_~`]/g
/** Before a blank at the beginning of a line they make a quote or a list. */
const LINE_STARTS: Record<string, string> = { '>': '\u203a', '-': '\u2010', '*': '\u2217' }

/**
 * A value that stays in its place: one line, and nothing in it that WhatsApp would read as formatting. WhatsApp has
 * no way to escape a character, so one that could open or close a format becomes one that looks like it; inside a
 * word (`joao_silva`) or between blanks (`2 * 3`) it cannot, and stays.
 */
export function plainValue(text: string): string {
  const line = text.replace(DIRECTION, '').replace(BREAKS, ' ').trim()
  return line
    .replace(FORMATTING, (mark, at: number) => (mayFormat(line, mark, at) ? (LOOK_ALIKES[mark] ?? '') : mark))
    .replace(/^[>*-](?= |$)/, (mark) => LINE_STARTS[mark] ?? mark)
}

/** A URL in its place: what could format is spelled by its code, which is the same address. */
export const plainUrl = (href: string): string =>
  href.replace(FORMATTING, (mark, at: number) =>
    mayFormat(href, mark, at) ? `%${mark.charCodeAt(0).toString(16).toUpperCase()}` : mark,
  )

function mayFormat(line: string, mark: string, at: number): boolean {
  if (mark === '`') return true
  const [before, after] = [line[at - 1] ?? '', line[at + 1] ?? '']
  const insideWord = isWordCharacter(before) && isWordCharacter(after)
  return !insideWord && !(before === ' ' && after === ' ')
}

const isWordCharacter = (character: string): boolean => /[\p{L}\p{N}]/u.test(character)
