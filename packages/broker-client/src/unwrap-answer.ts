export type Fields = Record<string, unknown>

/** Where brokers in the field put what they answer. */
const WRAPPERS = ['data', 'result', 'payload', 'response', 'results', 'messages', 'instance']
const MAX_DEPTH = 4

/**
 * Every object of an answer that may be the one that is looked for, the outermost first: the body itself, and what
 * stands in `data`, `result`, `payload`, `{results: []}` or a bare array, however these are nested. Pure.
 */
export function unwrapAnswer(body: unknown): Fields[] {
  const found: Fields[] = []
  let level: unknown[] = [body]
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    // Of a list the first is meant: one message was sent.
    const fields = level.map((value) => (Array.isArray(value) ? value[0] : value)).filter(isFields)
    found.push(...fields)
    level = fields.flatMap((each) => WRAPPERS.map((name) => each[name]).filter(Boolean))
  }
  return found
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The first text that is not empty. */
export const firstText = (...candidates: unknown[]): string | undefined =>
  candidates.find((value): value is string => typeof value === 'string' && value !== '')
