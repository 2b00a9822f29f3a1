import { endSnoozes } from '@carteiro/domain/notifications/act-on-notification'
import { notifyOfEvents } from '@carteiro/domain/notifications/follow-log'
import { notifyOfDisconnected } from '@carteiro/domain/notifications/notify-of-disconnected'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import { repeat } from '@carteiro/runtime/repeat'
import type { Dependencies } from '../../dependencies.ts'

const LOG_MS = 1_000
const CLOCK_MS = 10_000

/** Tells people what they should look at: what the log brought, who stays away, and whose snooze is over. */
export function keepNotifying(
  dependencies: Pick<Dependencies, 'db' | 'notifier' | 'lifecycle' | 'logger'>,
): void {
  const { lifecycle, logger } = dependencies
  const { signal } = lifecycle
  const onError = (error: unknown) => {
    const level = isDatabaseUnavailable(error) ? 'warn' : 'error'
    logger[level]({ err: error }, 'notifications failed, trying again')
  }
  const log = repeat(
    async () => {
      while (!signal.aborted && (await notifyOfEvents(dependencies)));
    },
    { everyMs: LOG_MS, signal, onError },
  )
  const clock = repeat(
    async () => {
      await endSnoozes(dependencies)
      await notifyOfDisconnected(dependencies)
    },
    { everyMs: CLOCK_MS, signal, onError },
  )
  lifecycle.onStop('notifications', () => Promise.all([log, clock]).then(() => undefined))
}
