import { findUnreconciled, reconcileNext } from '@carteiro/domain/timeline/reconcile'
import { keepDoing } from '../../chore.ts'
import type { Dependencies } from '../../dependencies.ts'

type Needs = Pick<Dependencies, 'db' | 'lifecycle' | 'notifier' | 'report'>

const EVERY_MS = 10_000

/** Compares tickets with their messages when it is due, by any number of workers: each batch is one's alone. */
export function keepReconciling(dependencies: Needs & Pick<Dependencies, 'logger'>): void {
  keepDoing(dependencies, { name: 'reconciliation', everyMs: EVERY_MS }, () => reconcile(dependencies))
}

/** One round: what is due is compared to its end, or until the process stops. */
export async function reconcile(dependencies: Needs): Promise<void> {
  const { db, lifecycle, report } = dependencies
  for (const tenantId of await findUnreconciled(db)) {
    for (let isUnderWay = true; isUnderWay && !lifecycle.signal.aborted; ) {
      const { status, tickets, repaired } = await reconcileNext(dependencies, tenantId)
      isUnderWay = status === 'more'
      if (status === 'finished') report.reconciled({ tenantId, tickets, repaired })
    }
  }
}
