export type JsonObject = Record<string, unknown>

/** Whether it has named members: arrays and `null` have none. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object itself, or an empty one in the place of anything else. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

/** A text that says something, or a whole number as text: ids and phones are written both ways. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return Number.isSafeInteger(value) ? String(value) : undefined
}

/** The first that is a text (or a whole number) and not empty. */
export function firstText(...candidates: unknown[]): string | undefined {
  for (const candidate of candidates) {
    const text = textOf(candidate)
    if (text !== undefined) return text
  }
  return undefined
}

/** Only `true` and its text say yes. */
export const saysYes = (value: unknown): boolean => value === true || value === 'true'

/** Without the members that are undefined: JSON has no such value. */
export function defined(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
