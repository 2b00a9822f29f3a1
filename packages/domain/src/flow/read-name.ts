import { foldText } from './fold-text.ts'
import { firstClause, readAfter } from './read-cue.ts'

const MAX_WORDS = 6
const MAX_LENGTH = 80
const NAME = /^[\p{L}\p{M}][\p{L}\p{M}'\u2019.\- ]*$/u

/** How an answer to "who are you?" begins; in a text that answers nothing, they introduce anything. */
export const OPENINGS = [
  'it is',
  'it s',
  'its',
  'i am',
  'i m',
  'im',
  'this is',
  'eu sou',
  'sou',
  'yo soy',
  'soy',
]

/** A name ends before them. */
const STOP = new Set(
  'and i im m from want need looking trying interested for with but here e eu y yo quero preciso para com mas pero'.split(
    ' ',
  ),
)
/** Parts of a name that are written small. */
const PARTICLES = new Set(
  'al bin bint d da das de del della den der di do dos du el ibn la le van von'.split(' '),
)

/** A person's name that answers a question for it; `undefined` when the text is none. Pure. */
export function readName(text: string, cues: string[]): string | undefined {
  if (text.includes('?')) return undefined
  for (const cue of cues) {
    const name = takeName(readAfter(text, cue))
    if (name !== undefined) return name
  }
  const folded = foldText(text)
  const opening = OPENINGS.find((one) => folded.startsWith(`${one} `))
  return takeName(opening === undefined ? firstClause(text) : readAfter(text, opening))
}

/** The name that a text begins with; what follows it is left out. */
export function takeName(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const words = text.split(/\s+/u).filter((word) => word !== '')
  const isWrittenLarge = /^\p{Lu}/u.test(words[0] ?? '')
  const end = words.findIndex((word, index) => {
    if (STOP.has(foldText(word))) return true
    if (!isWrittenLarge || /^\P{Ll}/u.test(word)) return false
    return !(PARTICLES.has(foldText(word)) && /^\P{Ll}/u.test(words[index + 1] ?? ''))
  })
  const name = words.slice(0, end === -1 ? undefined : end)
  const written = name.join(' ').replace(/[.\s]+$/u, '')
  const isName = name.length <= MAX_WORDS && written.length <= MAX_LENGTH && NAME.test(written)
  return isName && (written.match(/\p{L}/gu)?.length ?? 0) >= 2 ? written : undefined
}
