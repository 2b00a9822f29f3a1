import type { Database, Queryable } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import type { Seal, SealContext } from '@carteiro/runtime/seal'
import { type AuthenticationCreds, BufferJSON } from '@whiskeysockets/baileys'

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

/** Writes an instance's credentials, whole. */
export async function saveCredentials(
  db: Queryable,
  seal: Seal,
  instanceId: string,
  credentials: AuthenticationCreds,
): Promise<void> {
  const sealed = seal.seal(JSON.stringify(credentials, BufferJSON.replacer), context(instanceId))
  await db
    .insertInto('broker.session_credential')
    .values({ instance_id: instanceId, sealed })
    .onConflict((conflict) => conflict.column('instance_id').doUpdateSet({ sealed, updated_at: new Date() }))
    .execute()
}

/**
 * Forgets a session whole: only after WhatsApp logged it out, when nothing of it is worth anything any more.
 */
export async function forgetSession(db: Database, instanceId: string): Promise<void> {
  await inTransaction(db, async (transaction) => {
    await transaction.deleteFrom('broker.session_key').where('instance_id', '=', instanceId).execute()
    await transaction.deleteFrom('broker.session_credential').where('instance_id', '=', instanceId).execute()
  })
}
