import { isObject } from './json-value.ts'

/** No broker nests deeper; what does is made to break whoever walks it. */
export const MAX_DEPTH = 64

/** @returns `undefined` when it is not JSON (JSON has no such value) */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text)
  } catch {
    return undefined
  }
}

/** Whether anything lies deeper than `MAX_DEPTH` levels. It does not recurse: the stack has a bound, too. */
export function isTooDeep(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true
    const next: unknown[] = []
    for (const each of level) {
      if (typeof each !== 'object' || each === null) continue
      for (const member of Object.values(each)) if (typeof member === 'object') next.push(member)
    }
    level = next
  }
  return false
}

/** NUL and halves of surrogate pairs, which JSON can spell and PostgreSQL cannot keep. */
const UNSTORABLE = /\\u(0000|d[89a-f])/i

/** Whether a text of JSON may spell what cannot be stored; most texts do not, and are not walked. */
export const maySpellUnstorable = (json: string): boolean => UNSTORABLE.test(json)

/**
 * The same without characters that PostgreSQL refuses: one of them would fail the commit of a whole group, for as
 * long as its sender repeats it. Recurses: check the depth first.
 */
export function withoutUnstorable(value: unknown): unknown {
  if (typeof value === 'string') return storable(value)
  if (Array.isArray(value)) return value.map(withoutUnstorable)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [storable(key), withoutUnstorable(member)]),
  )
}

const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed()

/** Reads JSON that is bounded in depth and storable. @returns `undefined` when it is not JSON, or nested too deep */
export function parseStorable(text: string): unknown {
  const value = parseJson(text)
  if (value === undefined || isTooDeep(value)) return undefined
  return maySpellUnstorable(text) ? withoutUnstorable(value) : value
}
