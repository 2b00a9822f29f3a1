import type { AttemptFailed } from '@carteiro/domain/outbox/settle'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'

/** A person must act; nothing is gained by asking more often. */
export const MENDED_BY_PERSON_SECONDS = 60

/** Nobody can send this message until a person has given what is missing. */
export const notConfigured = (why: string): AttemptFailed => ({
  status: 'failed',
  fault: 'waiting',
  code: 'NOT_CONFIGURED',
  message: why,
  retryAfterSeconds: MENDED_BY_PERSON_SECONDS,
})

/** What must be known of the instance before anything is sent cannot be read. */
export const lookUpFailed = (error: unknown): AttemptFailed => ({
  status: 'failed',
  ...(isDatabaseUnavailable(error)
    ? { fault: 'waiting', code: 'DATABASE_UNAVAILABLE' }
    : { fault: 'ours', code: 'INTERNAL_ERROR' }),
  message: 'What is known of the instance cannot be read.',
})
