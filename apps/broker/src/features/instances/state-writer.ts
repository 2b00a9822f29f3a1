import type { InstanceConnectionEvent } from '@carteiro/contracts/broker-event'
import type { Database } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import { type HeldLease, LeaseLostError, requireLease } from '../../held-lease.ts'
import { createInOrder } from '../../in-order.ts'
import type { Report } from '../../report.ts'

/** Writes how sessions stand behind their backs: a session does not wait for the database. */
export interface StateWriter {
  /**
   * The instance's row and the event that tells the API, in one transaction; those of one instance in their order.
   * Resolves when it is written, or never will be: another broker holds the instance, or the process ends.
   */
  write(lease: HeldLease, event: InstanceConnectionEvent): Promise<void>
  /** Resolves when all is written. */
  written(): Promise<void>
}

export interface StateWriterDependencies {
  db: Database
  report: Pick<Report, 'instanceStateFailed'>
  /** Called after the commit. */
  onWritten: (instanceId: string) => void
  /** Ends the waiting for a database that is away. */
  signal: AbortSignal
}

export function createStateWriter({ db, report, onWritten, signal }: StateWriterDependencies): StateWriter {
  const inOrder = createInOrder()
  const underWay = new Set<Promise<void>>()

  async function save(lease: HeldLease, event: InstanceConnectionEvent): Promise<void> {
    try {
      await retryWhileDatabaseAway(() => saveState(db, lease, event), {
        signal: AbortSignal.any([signal, lease.signal]),
      })
      onWritten(lease.instanceId)
    } catch (error) {
      if (!(error instanceof LeaseLostError)) report.instanceStateFailed(lease.instanceId, error)
    }
  }

  return {
    async write(lease, event) {
      const saved = inOrder.run(lease.instanceId, () => save(lease, event))
      underWay.add(saved)
      await saved
      underWay.delete(saved)
    },
    written: async () => void (await Promise.all(underWay)),
  }
}

/** @throws LeaseLostError when another broker tells of the instance, or it is deleted */
async function saveState(db: Database, lease: HeldLease, event: InstanceConnectionEvent): Promise<void> {
  const { instanceId } = lease
  const { status, phone, lid, reason } = event.payload
  await inTransaction(db, async (transaction) => {
    await requireLease(transaction, lease)
    await transaction
      .updateTable('broker.instance')
      .set({
        status,
        phone: phone ?? null,
        lid: lid ?? null,
        last_error: reason ?? null,
        updated_at: new Date(),
      })
      .where('id', '=', instanceId)
      .execute()
    await transaction
      .insertInto('broker.journal')
      .values({
        instance_id: instanceId,
        event_id: event.id,
        chat_key: instanceId,
        event: JSON.stringify(event),
      })
      // The answer to the first try may have been lost.
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  })
}
