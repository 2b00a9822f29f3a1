import { namePatternsOf, namesOf } from '@carteiro/contracts/person'
import { type RawBuilder, sql } from 'kysely'

/** Whether a text names one of these addresses. What does not have the digits at all is found out in a third of the time. */
export const namesPerson = (jids: string[], text: RawBuilder<unknown>): RawBuilder<boolean> =>
  sql<boolean>`
    (${text} like any(${namesOf(jids).map((name) => `%${name}%`)}::text[])
      and ${text} ~ any(${namePatternsOf(jids)}::text[]))`
