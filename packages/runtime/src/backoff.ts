export interface Backoff {
  firstMs: number
  maxMs: number
  /** Share of the delay that is random, 0 to 1. Keeps many waiters from returning together. */
  jitter?: number
}

/**
 * Delay before try number `attempt` (1 is the first retry): doubles from `firstMs` to `maxMs`, plus or minus jitter.
 *
 * @returns milliseconds
 */
export function backoffMs(attempt: number, { firstMs, maxMs, jitter = 0.1 }: Backoff): number {
  const base = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30))
  return withJitter(base, jitter)
}

/** `ms`, moved at random by at most the share `jitter` either way. */
export function withJitter(ms: number, jitter = 0.1): number {
  return Math.round(ms * (1 + (Math.random() * 2 - 1) * jitter))
}
