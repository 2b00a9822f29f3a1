import { Problem } from '@carteiro/contracts/problem'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import type { Logger } from '@carteiro/runtime/logger'

/** What a client is told where there is no HTTP answer: a code, and a sentence that says how to mend it. */
export interface Refusal {
  code: string
  message: string
}

/** Any error as a refusal; what was not expected is logged whole, and told as INTERNAL_ERROR. */
export function toRefusal(error: unknown, logger: Logger): Refusal {
  if (error instanceof Problem) return { code: error.code, message: error.message }
  if (isDatabaseUnavailable(error)) {
    logger.warn({ err: error }, 'a socket could not be served')
    return { code: 'DATABASE_UNAVAILABLE', message: 'The database does not answer just now; try again.' }
  }
  logger.error({ err: error }, 'a socket could not be served')
  return { code: 'INTERNAL_ERROR', message: 'Something failed on our side; try again.' }
}
