import { Problem } from '@carteiro/contracts/problem'

/** What every driver says of a range that begins behind the last byte. */
export const rangeNotSatisfiable = (): Problem =>
  new Problem('RANGE_NOT_SATISFIABLE', 'The range begins behind the last byte; ask for less.')
