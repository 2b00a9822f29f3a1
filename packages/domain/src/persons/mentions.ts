import { namesOf } from '@carteiro/contracts/person'
import { type RawBuilder, sql } from 'kysely'
import type { Person } from './person.ts'

/** Whether a text of the database names the person. */
export const mentions = (person: Pick<Person, 'jids'>, text: RawBuilder<unknown>) =>
  sql<boolean>`${text} like any(${namesOf(person.jids).map((name) => `%${name}%`)}::text[])`
