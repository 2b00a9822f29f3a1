import type { Fault } from '@carteiro/contracts/delivery'
import { withJitter } from '@carteiro/runtime/backoff'
import { z } from 'zod'

export interface RetryPolicy {
  /** Waits before attempts 1, 2, ...: their number is the number of attempts. */
  minutes: number[]
  /** Share of a wait that is random. */
  jitter: number
  /** Wait before a try whose failure used no attempt: the channel was not there. */
  waitingSeconds: number
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  minutes: [0, 1, 5, 15, 60, 360],
  jitter: 0.1,
  waitingSeconds: 2,
}

/** OUTBOX_RETRY_MINUTES, as the API (how many attempts a message has) and the worker (when they are) read it. */
export const RetryMinutes = z
  .string()
  .default(DEFAULT_RETRY_POLICY.minutes.join(','))
  .transform((text) => text.split(',').map(Number))
  .refine((minutes) => minutes.every((minute) => Number.isFinite(minute) && minute >= 0), {
    message: 'must be minutes separated by commas, such as 0,1,5,15,60,360',
  })

export type AfterFailure = { next: 'retry' | 'wait'; afterMs: number } | { next: 'fail' }

/**
 * What follows a failed attempt, by whose fault it was. A broker that may have sent it (`unknown`) is asked again
 * within seconds under the same key: its ledger and WhatsApp's own id make it one message.
 *
 * @param failure.attempts how many were made, this one with them
 * @param failure.retryAfterSeconds what the channel asked for: the wait is never shorter
 */
export function afterFailure(policy: RetryPolicy, failure: Failure): AfterFailure {
  const then = decide(policy, failure)
  if (then.next === 'fail') return then
  return { ...then, afterMs: Math.max(then.afterMs, (failure.retryAfterSeconds ?? 0) * 1_000) }
}

export interface Failure {
  fault: Fault
  attempts: number
  maxAttempts: number
  retryAfterSeconds?: number | undefined
  /**
   * Decided by the channel, whatever the fault. `fail`: it cannot promise that a repetition would show once. `wait`:
   * it stays away until a person mends it, and no attempt is used.
   */
  next?: 'fail' | 'wait' | undefined
}

function decide(policy: RetryPolicy, { fault, attempts, maxAttempts, next }: Failure): AfterFailure {
  const waiting = { next: 'wait' as const, afterMs: withJitter(policy.waitingSeconds * 1_000, policy.jitter) }
  if (next !== undefined) return next === 'fail' ? { next: 'fail' } : waiting
  switch (fault) {
    case 'message':
      return { next: 'fail' }
    case 'waiting':
      return waiting
    case 'unknown': {
      if (attempts >= maxAttempts) return { next: 'fail' }
      const seconds = policy.waitingSeconds * 4 ** (attempts - 1)
      return { next: 'retry', afterMs: withJitter(seconds * 1_000, policy.jitter) }
    }
    case 'channel':
    case 'ours': {
      const minutes = policy.minutes[attempts]
      if (attempts >= maxAttempts || minutes === undefined) return { next: 'fail' }
      return { next: 'retry', afterMs: withJitter(minutes * 60_000, policy.jitter) }
    }
    default:
      return fault satisfies never
  }
}
