import type { Queryable } from '@carteiro/database/connect'

/**
 * Runs first in every transaction that writes session state, so that a process whose instance another broker holds
 * writes nothing.
 *
 * @throws when this process may not write it any more; such a write is never tried again
 */
export type Fence = (transaction: Queryable) => Promise<void>
