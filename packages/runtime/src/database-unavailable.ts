/**
 * SQLSTATE classes and codes that say the server is away or going: 08 connection, 57P shutdown and crash,
 * 53300 too many connections, 25P03 and 25P04 session ended by a timeout (PostgreSQL, appendix A).
 */
const UNAVAILABLE_SQLSTATE = /^(08...|57P0[1-5]|53300|25P0[34])$/
const UNAVAILABLE_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
])
/** node-postgres has no code for a socket that ended under a query, only these sentences. */
const UNAVAILABLE_MESSAGE =
  /Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Cannot use a pool after calling end/

/** Whether an error means that PostgreSQL cannot be reached just now, so that the act may be repeated later. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError && error.errors.some(isDatabaseUnavailable)) return true
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return (
    UNAVAILABLE_SQLSTATE.test(code) || UNAVAILABLE_SYSTEM.has(code) || UNAVAILABLE_MESSAGE.test(error.message)
  )
}

/** Deadlock or serialization failure: the transaction changed nothing and may be run again at once. */
export function isRetriableConflict(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '40P01' || error.code === '40001')
}

/** A statement or a lock that took too long (57014, 55P03): the tables are held or the server is slow, for everybody. */
const OVERDUE_SQLSTATE = /^(57014|55P03)$/

/**
 * Whether an error blames nothing of what was to be stored: the database is away or too slow, or two transactions met.
 * The same may be stored later, unchanged.
 */
export function isNobodysFault(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  return isDatabaseUnavailable(error) || isRetriableConflict(error) || OVERDUE_SQLSTATE.test(code)
}
