import type { EventType } from '@carteiro/contracts/event'
import type { Database, DatabaseTransaction } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { sql } from 'kysely'
import { appendEvents } from './append.ts'
import type { NewEvent } from './new-event.ts'
import type { EventNotifier } from './notify.ts'

/** One business act: its transaction, and the events that it gives rise to. */
export interface UnitOfWork {
  readonly transaction: DatabaseTransaction
  /** The event is appended when the act ends: its counter must be the last row that is locked. */
  record<Type extends EventType>(event: NewEvent<Type>): void
  /** Runs a part that may fail alone: on an error its rows and events are undone, and the error is thrown. */
  part<Result>(run: () => Promise<Result>): Promise<Result>
}

export interface CommitDependencies {
  db: Database
  notifier: EventNotifier
}

/**
 * Runs one business act: everything it writes, and its events, in one transaction; readers of the log are woken
 * after the commit. Run again after a deadlock, so `act` must do nothing outside its transaction.
 */
export async function commit<Result>(
  { db, notifier }: CommitDependencies,
  act: (work: UnitOfWork) => Promise<Result>,
): Promise<Result> {
  let tenants: string[] = []
  const result = await inTransaction(db, async (transaction) => {
    const events: NewEvent[] = []
    const outcome = await act(unitOfWork(transaction, events))
    await appendEvents(transaction, events)
    tenants = [...new Set(events.map((event) => event.tenantId))]
    return outcome
  })
  for (const tenantId of tenants) notifier.notify(tenantId)
  return result
}

function unitOfWork(transaction: DatabaseTransaction, events: NewEvent[]): UnitOfWork {
  return {
    transaction,
    record: (event) => void events.push(event),
    part: async (run) => {
      const recorded = events.length
      await sql`savepoint part`.execute(transaction)
      try {
        const result = await run()
        await sql`release savepoint part`.execute(transaction)
        return result
      } catch (error) {
        events.length = recorded
        await sql`rollback to savepoint part`.execute(transaction)
        throw error
      }
    },
  }
}
