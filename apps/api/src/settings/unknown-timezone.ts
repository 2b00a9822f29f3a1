import { Problem } from '@carteiro/contracts/problem'

/** @param path of the member that names it */
export const unknownTimezone = (path: string): Problem =>
  new Problem('VALIDATION_ERROR', 'The database does not know this time zone.', {
    details: [{ path, message: 'must be a time zone that PostgreSQL knows, such as America/Sao_Paulo' }],
  })
