import type { Database, Queryable } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import type { Seal, SealContext } from '@carteiro/runtime/seal'
import { type AuthenticationCreds, BufferJSON } from '@whiskeysockets/baileys'
import { type HeldLease, requireLease } from '../../held-lease.ts'

const context = (instanceId: string): SealContext => [instanceId, 'credential', '']

/**
 * Reads an instance's credentials.
 *
 * @returns `undefined` when it was never linked
 * @throws SealError when they are there and cannot be read: they must not be replaced by new ones
 */
export async function loadCredentials(
  db: Queryable,
  seal: Seal,
  instanceId: string,
): Promise<AuthenticationCreds | undefined> {
  const row = await db
    .selectFrom('broker.session_credential')
    .select('sealed')
    .where('instance_id', '=', instanceId)
    .executeTakeFirst()
  if (!row) return undefined
  return JSON.parse(seal.open(row.sealed, context(instanceId)).toString(), BufferJSON.reviver)
}

/**
 * Writes an instance's credentials, whole.
 *
 * @throws LeaseLostError
 */
export async function saveCredentials(
  db: Database,
  seal: Seal,
  { instanceId, lease }: { instanceId: string; lease?: HeldLease | undefined },
  credentials: AuthenticationCreds,
): Promise<void> {
  await inTransaction(db, async (transaction) => {
    if (lease) await requireLease(transaction, lease)
    await writeCredentials(transaction, seal, instanceId, credentials)
  })
}

/** The same as a part of a transaction, whose first act must be to require the lease. */
export async function writeCredentials(
  transaction: Queryable,
  seal: Seal,
  instanceId: string,
  credentials: AuthenticationCreds,
): Promise<void> {
  const sealed = seal.seal(JSON.stringify(credentials, BufferJSON.replacer), context(instanceId))
  await transaction
    .insertInto('broker.session_credential')
    .values({ instance_id: instanceId, sealed })
    .onConflict((conflict) => conflict.column('instance_id').doUpdateSet({ sealed, updated_at: new Date() }))
    .execute()
}
