import { type JsonObject, objectOf, textOf } from '../../json/json-value.ts'

/** The member as an object; empty when it is something else. */
export const objectIn = (source: JsonObject, name: string): JsonObject => objectOf(source[name])

/** The member as a list; empty when it is something else. */
export const listIn = (source: JsonObject, name: string): unknown[] => {
  const member = source[name]
  return Array.isArray(member) ? member : []
}

/** The member as text that says something, also where a whole number stands for it. */
export const textIn = (source: JsonObject, name: string): string | undefined => textOf(source[name])

const MAX_ID_CHARACTERS = 256

/** The member as an id; what is longer is none, and would not fit an index. */
export const idIn = (source: JsonObject, name: string): string | undefined => {
  const id = textIn(source, name)
  return id !== undefined && id.length <= MAX_ID_CHARACTERS ? id : undefined
}
