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
  const sealed = seal.seal(JSON.stringify(credentials, BufferJSON.replacer), context(instanceId))
  await inTransaction(db, async (transaction) => {
    if (lease) await requireLease(transaction, lease)
    await transaction
      .insertInto('broker.session_credential')
      .values({ instance_id: instanceId, sealed })
      .onConflict((conflict) =>
        conflict.column('instance_id').doUpdateSet({ sealed, updated_at: new Date() }),
      )
      .execute()
  })
}

/**
 * Forgets a session whole: only after WhatsApp logged it out, when nothing of it is worth anything any more.
 */
export async function forgetSession(
  db: Database,
  { instanceId, lease }: { instanceId: string; lease?: HeldLease | undefined },
): Promise<void> {
  await inTransaction(db, async (transaction) => {
    if (lease) await requireLease(transaction, lease)
    await transaction.deleteFrom('broker.session_key').where('instance_id', '=', instanceId).execute()
    await transaction.deleteFrom('broker.session_credential').where('instance_id', '=', instanceId).execute()
  })
}
