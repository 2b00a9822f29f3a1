import { withJitter } from './backoff.ts'
import { pause } from './lifecycle.ts'

export interface RepeatOptions {
  everyMs: number
  signal: AbortSignal
  /** One failed round does not end the rounds. */
  onError: (error: unknown) => void
}

/**
 * Runs a chore now and then, one round at a time, with jitter so that the copies of a process spread out.
 *
 * @returns resolves when the signal aborts and the round under way is done
 */
export async function repeat(run: () => Promise<unknown>, options: RepeatOptions): Promise<void> {
  while (await pause(withJitter(options.everyMs), options.signal)) {
    try {
      await run()
    } catch (error) {
      options.onError(error)
    }
  }
}
