import { readDue } from '@carteiro/domain/outbox/due'
import { expireOverdue } from '@carteiro/domain/outbox/expire'
import { recoverStale } from '@carteiro/domain/outbox/recover'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import type { Dependencies } from '../../dependencies.ts'
import type { Dispatcher } from './dispatch.ts'

type Needs = Pick<Dependencies, 'config' | 'db' | 'lifecycle' | 'logger' | 'notifier' | 'report'> & {
  dispatcher: Dispatcher
}

/**
 * The net below nudges and timers: frees what a dead worker held, ends waits that are over, and wakes every instance that has something due.
 * Runs at the start, every OUTBOX_SWEEP_SECONDS, and whenever notifications may have been missed.
 */
export function keepSweeping(dependencies: Needs): { now: () => void } {
  const { config, lifecycle, logger } = dependencies
  let sweeping: Promise<void> | undefined

  const now = () => {
    if (lifecycle.signal.aborted) return
    sweeping ??= sweep(dependencies)
      .catch((error) => {
        logger[isDatabaseUnavailable(error) ? 'warn' : 'error'](
          { err: error },
          'sweep failed, the next one follows',
        )
      })
      .finally(() => {
        sweeping = undefined
      })
  }

  const timer = setInterval(now, config.OUTBOX_SWEEP_SECONDS * 1_000)
  lifecycle.onStop('outbox sweep', async () => {
    clearInterval(timer)
    await sweeping
  })
  return { now }
}

async function sweep(dependencies: Needs): Promise<void> {
  const { db, dispatcher, report } = dependencies
  for (let freed = await recoverStale(dependencies); freed > 0; freed = await recoverStale(dependencies)) {
    report.recovered(freed)
  }
  for (let over = await expireOverdue(dependencies); over > 0; over = await expireOverdue(dependencies)) {
    report.expired(over)
  }
  for (const { inMs, ...instance } of await readDue(db)) dispatcher.wakeIn(instance, inMs)
}
