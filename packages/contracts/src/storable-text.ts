import { z } from 'zod'

/** Text that PostgreSQL can keep: JSON can also spell NUL and halves of surrogate pairs, which it refuses. */
export const StorableText = z
  .string()
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must hold neither NUL nor half a character')

/** At most so many characters of a text, and never half of one: what is cut can be stored as the whole could. */
export const cut = (text: string, maxCharacters: number): string =>
  text.length > maxCharacters ? text.slice(0, maxCharacters).toWellFormed() : text

/** Text for one line: a name or a number. A line break would be another line of a contact card, or of a caption. */
export const SingleLine = StorableText.refine(
  (text) => !/[\p{Cc}\u2028\u2029]/u.test(text),
  'must hold no line break and no control character',
)
