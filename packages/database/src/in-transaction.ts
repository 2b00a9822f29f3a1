import { isRetriableConflict } from '@carteiro/runtime/database-unavailable'
import type { Database, DatabaseTransaction } from './connect.ts'

const MAX_TRIES = 5

/**
 * Runs one business act in one transaction. A deadlock or a serialization failure changed nothing, so the act is
 * run again, at most 5 times; `act` must therefore have no effect outside the transaction.
 */
export async function inTransaction<Result>(
  db: Database,
  act: (transaction: DatabaseTransaction) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(act)
    } catch (error) {
      if (!isRetriableConflict(error) || attempt >= MAX_TRIES) throw error
    }
  }
}
