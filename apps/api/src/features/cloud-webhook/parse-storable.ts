/** Meta nests by far less; what is deeper is made to break whoever walks it. */
const MAX_DEPTH = 64
/** NUL and halves of surrogate pairs, which JSON can spell and PostgreSQL cannot keep. */
const UNSTORABLE = /\\u(0000|d[89a-f])/i

/**
 * Reads JSON without characters that PostgreSQL refuses: one would fail the commit of a whole group.
 *
 * @returns `undefined` when it is no JSON, or nested too deep
 */
export function parseStorable(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    if (isTooDeep(value)) return undefined
    return UNSTORABLE.test(text) ? withoutUnstorable(value) : value
  } catch {
    return undefined
  }
}

/** It does not recurse: the stack has a bound, too. */
function isTooDeep(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true
    level = level.flatMap(membersOf)
  }
  return false
}

const membersOf = (value: unknown): unknown[] =>
  typeof value === 'object' && value !== null
    ? Object.values(value).filter((member) => typeof member === 'object')
    : []

function withoutUnstorable(value: unknown): unknown {
  if (typeof value === 'string') return storable(value)
  if (Array.isArray(value)) return value.map(withoutUnstorable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [storable(key), withoutUnstorable(member)]),
  )
}

const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed()
