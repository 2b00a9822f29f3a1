import { z } from 'zod'
import { StorableText } from '../storable-text.ts'

const MAX_DEPTH = 10
const MAX_VALUES = 2_000

/** Members of any name, for what we pass on unread: not deep, not many, and of texts that PostgreSQL can keep. */
export const BoundedJson = z
  .record(z.string(), z.unknown())
  .refine(isBounded, `must have at most ${MAX_DEPTH} levels and ${MAX_VALUES} values, and no NUL`)

/** Does not recurse: the stack has a bound, too. */
function isBounded(value: unknown): boolean {
  let level: unknown[] = [value]
  let values = 0
  for (let depth = 0; level.length > 0; depth++) {
    values += level.length
    if (depth > MAX_DEPTH || values > MAX_VALUES) return false
    if (!level.every(isStorable)) return false
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []))
  }
  return true
}

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return StorableText.safeParse(value).success
  if (typeof value !== 'object' || value === null) return true
  return Object.keys(value).every((key) => StorableText.safeParse(key).success)
}
