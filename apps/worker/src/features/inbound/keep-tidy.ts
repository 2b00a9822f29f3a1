import { catchUp } from '@carteiro/domain/envelopes/catch-up'
import { purgeInbound } from '@carteiro/domain/envelopes/purge'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import { repeat } from '@carteiro/runtime/repeat'
import type { Dependencies } from '../../dependencies.ts'

const CATCH_UP_MS = 15_000
const PURGE_MS = 3_600_000

/** The chores of what comes in: what missed its message by a moment finds it, and leftovers go. */
export function keepTidy({
  db,
  lifecycle,
  logger,
  notifier,
}: Pick<Dependencies, 'db' | 'lifecycle' | 'logger' | 'notifier'>): void {
  const chore = (what: string, everyMs: number, run: () => Promise<unknown>) => {
    const onError = (error: unknown) => {
      const level = isDatabaseUnavailable(error) ? 'warn' : 'error'
      logger[level]({ err: error }, `${what} failed, trying again later`)
    }
    const running = repeat(run, { everyMs, signal: lifecycle.signal, onError })
    lifecycle.onStop(what, () => running)
  }
  chore('inbound catching up', CATCH_UP_MS, () => catchUp({ db, notifier }))
  chore('inbound purge', PURGE_MS, () => purgeInbound(db))
}
