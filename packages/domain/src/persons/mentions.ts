import { namesPerson } from '@carteiro/database/names-person'
import type { RawBuilder } from 'kysely'
import type { Person } from './person.ts'

/** Whether a text of the database names the person. */
export const mentions = (person: Pick<Person, 'jids'>, text: RawBuilder<unknown>) =>
  namesPerson(person.jids, text)
