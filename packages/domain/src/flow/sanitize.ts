import { RE2JS } from 're2js'

/** Said in the place of a text of which nothing is left. */
export const FALLBACK_TEXT = 'How can I help you today?'

const SERVICE = '(?:visas?|permits?|setup|services?|licen[cs]es?)'
/** A service with the words before it that are written large: "Family Visa". */
const ITEM = `(?:\\p{Lu}[\\p{L}'\u2019-]*[ \\t]+){0,3}(?i:${SERVICE})`
/** What stands between two slashes: at most four words. */
const BETWEEN = "[\\p{L}\\p{N}'\u2019&-]+(?:[ \\t]+[\\p{L}\\p{N}'\u2019&-]+){0,3}"

/** RE2's engine takes time in proportion to the text; the same expressions of JavaScript's would not. */
const LISTS = [
  RE2JS.compile('\\([^)]*(?:Visa|Permit|Setup|Services)[^)]*\\)', RE2JS.CASE_INSENSITIVE),
  RE2JS.compile(`:?[ \\t]*\\b${ITEM}(?:[ \\t]*/[ \\t]*${BETWEEN})+`),
  RE2JS.compile(`:?[ \\t]*(?:${BETWEEN}[ \\t]*/[ \\t]*)+${ITEM}\\b`),
]

/** Links hold slashes that list nothing. */
const LINK = /(https?:\/\/\S+)/i
/**
 * The last gate of every automatic text: lists of services, in parentheses or between slashes, are taken out. Pure; a
 * text that went through once stays as it is.
 */
export function sanitize(text: string): { text: string; isChanged: boolean } {
  let [before, clean] = ['', text]
  // Another list may stand where one was taken out. Each round makes the text shorter, or is the last.
  while (clean !== before) [before, clean] = [clean, withoutLists(clean)]
  const said = /[\p{L}\p{N}]/u.test(clean) ? clean : FALLBACK_TEXT
  return { text: said, isChanged: said !== text }
}

function withoutLists(text: string): string {
  const cut = text
    .split(LINK)
    .map((part, index) =>
      index % 2 === 1 ? part : LISTS.reduce((rest, list) => list.matcher(rest).replaceAll(''), part),
    )
    .join('')
  return cut === text ? text.trim() : tidy(cut)
}

/** No gap, and no space before a stop, where something was taken out. */
const tidy = (text: string): string =>
  text
    .replace(/[ \t]+/gu, ' ')
    .replace(/ ([.,;:!?])/gu, '$1')
    .trim()
