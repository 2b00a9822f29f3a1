import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import { repeat } from '@carteiro/runtime/repeat'
import type { Dependencies } from './dependencies.ts'

export interface Chore {
  /** As the log and the shutdown name it. */
  name: string
  everyMs: number
}

/**
 * Does a chore now and then for as long as the process lives, one round at a time. A round that fails is told, and done
 * again the next time.
 */
export function keepDoing(
  { lifecycle, logger }: Pick<Dependencies, 'lifecycle' | 'logger'>,
  { name, everyMs }: Chore,
  run: () => Promise<unknown>,
): void {
  const onError = (error: unknown) => {
    const level = isDatabaseUnavailable(error) ? 'warn' : 'error'
    logger[level]({ err: error, chore: name }, 'chore failed, trying again later')
  }
  const running = repeat(run, { everyMs, signal: lifecycle.signal, onError })
  lifecycle.onStop(name, () => running)
}
