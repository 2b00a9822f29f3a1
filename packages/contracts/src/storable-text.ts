import { z } from 'zod'

/** Text that PostgreSQL can keep: JSON can also spell NUL and halves of surrogate pairs, which it refuses. */
export const StorableText = z
  .string()
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must hold neither NUL nor half a character')
