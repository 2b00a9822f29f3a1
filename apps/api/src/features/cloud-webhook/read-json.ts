/** An object of a body that anybody may have written: every member may be anything. */
export type Json = Record<string, unknown>

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The member as an object; empty when it is something else. */
export const objectIn = (source: Json, name: string): Json => {
  const member = source[name]
  return isObject(member) ? member : {}
}

/** The member as a list; empty when it is something else. */
export const listIn = (source: Json, name: string): unknown[] => {
  const member = source[name]
  return Array.isArray(member) ? member : []
}

/** The member as text that says something, also where a number stands for it. */
export const textIn = (source: Json, name: string): string | undefined => {
  const member = source[name]
  if (typeof member === 'number' && Number.isFinite(member)) return String(member)
  return typeof member === 'string' && member !== '' ? member : undefined
}

const MAX_ID_CHARACTERS = 256

/** The member as an id; what is longer is none, and would not fit an index. */
export const idIn = (source: Json, name: string): string | undefined => {
  const id = textIn(source, name)
  return id !== undefined && id.length <= MAX_ID_CHARACTERS ? id : undefined
}

/** Without the members that are undefined. */
export const known = (members: Json): Json =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
