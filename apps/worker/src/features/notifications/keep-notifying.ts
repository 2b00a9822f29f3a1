import { endSnoozes } from '@carteiro/domain/notifications/act-on-notification'
import { notifyOfEvents } from '@carteiro/domain/notifications/follow-log'
import { notifyOfDisconnected } from '@carteiro/domain/notifications/notify-of-disconnected'
import { keepDoing } from '../../chore.ts'
import type { Dependencies } from '../../dependencies.ts'

const LOG_MS = 1_000
const CLOCK_MS = 10_000

/** Tells people what they should look at: what the log brought, who stays away, and whose snooze is over. */
export function keepNotifying(
  dependencies: Pick<Dependencies, 'db' | 'notifier' | 'lifecycle' | 'logger'>,
): void {
  const { signal } = dependencies.lifecycle
  keepDoing(dependencies, { name: 'notifications of events', everyMs: LOG_MS }, async () => {
    while (!signal.aborted && (await notifyOfEvents(dependencies)));
  })
  keepDoing(dependencies, { name: 'notifications by the clock', everyMs: CLOCK_MS }, async () => {
    await endSnoozes(dependencies)
    await notifyOfDisconnected(dependencies)
  })
}
