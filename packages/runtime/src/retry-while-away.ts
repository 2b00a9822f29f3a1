import { backoffMs } from './backoff.ts'
import { isDatabaseUnavailable, isRetriableConflict } from './database-unavailable.ts'
import { pause } from './lifecycle.ts'

export interface RetryWhileAwayOptions {
  /** Ends the waiting: the last error is then thrown. */
  signal: AbortSignal
  /** Called once per wait, with the number of tries so far. */
  onWait?: (tries: number) => void
}

const WAIT = { firstMs: 50, maxMs: 2_000 }

/**
 * Runs an act on the database until it is done, for what must not be dropped while PostgreSQL restarts. `act` must
 * be safe to repeat: an answer may be lost after its commit.
 *
 * @throws any error that is not "the database is away", and that one too once the signal aborts
 */
export async function retryWhileDatabaseAway<Result>(
  act: () => Promise<Result>,
  { signal, onWait }: RetryWhileAwayOptions,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await act()
    } catch (error) {
      if (!isDatabaseUnavailable(error) && !isRetriableConflict(error)) throw error
      onWait?.(tries)
      if (!(await pause(backoffMs(tries, WAIT), signal))) throw error
    }
  }
}
