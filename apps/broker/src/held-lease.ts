import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** The right of this process to hold one instance's session, until `signal` is aborted. */
export interface HeldLease {
  instanceId: string
  /** Rises whenever the lease changes hands; a bigint as text. */
  generation: string
  /** Aborted when the lease is lost or given up. */
  signal: AbortSignal
}

/** Another broker holds the instance, or may: what was to be written of its session is not written. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError'
  readonly instanceId: string

  constructor(instanceId: string) {
    super(`the lease of ${instanceId} is lost: nothing of its session may be written`)
    this.instanceId = instanceId
  }
}

/**
 * The fence: first in every transaction that writes session state, so that a process that lost its lease writes
 * nothing, however late it wakes. Whoever takes the lease over waits for the transactions that got through.
 *
 * @throws LeaseLostError when the lease is not this one any more
 */
export async function requireLease(
  db: Queryable,
  { instanceId, generation, signal }: HeldLease,
): Promise<void> {
  if (signal.aborted) throw new LeaseLostError(instanceId)
  // Key share lets the holder renew meanwhile; a take-over locks the row for update and therefore waits.
  const { rows } = await sql`
    select 1 from broker.instance_lease
    where instance_id = ${instanceId} and generation = ${generation}::bigint
    for key share`.execute(db)
  if (rows.length === 0) throw new LeaseLostError(instanceId)
}
