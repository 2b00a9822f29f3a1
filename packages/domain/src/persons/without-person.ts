import { isObject } from '../messages/is-object.ts'

/** Members that tell who said or did what stands beside them. */
const WHO = ['by', 'participantJid', 'participant', 'voter', 'reactor']
const SAID = ['text', 'media', 'emoji', 'selectedOptions']
const QUOTED = ['quotedText', 'quotedMessage', 'quotedType']

/** Whether a value gives a person away. Pure. */
export const isNamed = (value: unknown, names: string[]): boolean => {
  const text = JSON.stringify(value) ?? ''
  return names.some((name) => new RegExp(name).test(text))
}

/**
 * What others wrote, without a person: its name stands for nobody, and what it said or did is gone where it is told
 * beside its name. Pure.
 *
 * @param names what gives the person away, as `namePatternsOf` tells
 */
export function withoutPerson(value: unknown, names: string[]): unknown {
  if (typeof value === 'string')
    return names.reduce((text, name) => text.replaceAll(new RegExp(name, 'g'), 'erased'), value)
  if (typeof value === 'number') return isNamed(value, names) ? null : value
  if (Array.isArray(value)) return value.map((each) => withoutPerson(each, names))
  if (!isObject(value)) return value
  const gone = [
    ...(WHO.some((key) => isNamed(value[key], names)) ? SAID : []),
    ...(isNamed(value.quotedParticipant, names) ? QUOTED : []),
  ]
  const members = Object.entries(value).map(([key, member]) => [
    key,
    gone.includes(key) ? nothingOf(member) : withoutPerson(member, names),
  ])
  return Object.fromEntries(members)
}

/** A list that is empty is a list still. */
export const nothingOf = (value: unknown): [] | null => (Array.isArray(value) ? [] : null)
