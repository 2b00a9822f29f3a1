import { type RawBuilder, sql } from 'kysely'
import type { Person } from './person.ts'

/** Fewer may be part of any number. */
const TELLING_DIGITS = 8

/** What gives a person away in any text: the digits of the phone or of the LID, however they are spelled around. Pure. */
export const namesOf = ({ jids }: Pick<Person, 'jids'>): string[] =>
  jids.map((jid) => {
    const [user = ''] = jid.split('@')
    return user.length >= TELLING_DIGITS ? user : jid
  })

/** Whether a text of the database names the person. */
export const mentions = (person: Pick<Person, 'jids'>, text: RawBuilder<unknown>) =>
  sql<boolean>`${text} like any(${namesOf(person).map((name) => `%${name}%`)}::text[])`
