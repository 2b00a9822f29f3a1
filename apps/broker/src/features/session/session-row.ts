import { ConnectionStatus } from '@carteiro/contracts/broker-event'
import type { Database, Queryable } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import type { Seal } from '@carteiro/runtime/seal'
import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { type HeldLease, requireLease } from '../../held-lease.ts'
import { writeCredentials } from './credential-store.ts'
import type { SessionState } from './status-event.ts'

/** What a session finds written of itself when it starts. */
export interface SessionRow {
  /** As it was last told. */
  state: SessionState
  /** It was logged out: what is kept is not to be logged in with. */
  relink: boolean
  logoutRequested: boolean
  keysResetAt: Date | null
}

/** @returns `undefined` when the instance was deleted */
export async function readSessionRow(db: Queryable, instanceId: string): Promise<SessionRow | undefined> {
  const row = await db
    .selectFrom('broker.instance')
    .select(['status', 'phone', 'lid', 'last_error', 'relink', 'logout_requested_at', 'keys_reset_at'])
    .where('id', '=', instanceId)
    .executeTakeFirst()
  if (!row) return undefined
  const { phone, lid, relink } = row
  return {
    state: {
      status: ConnectionStatus.parse(row.status),
      phone,
      lid,
      qrAvailable: false,
      reason: row.last_error,
    },
    relink,
    logoutRequested: row.logout_requested_at !== null,
    keysResetAt: row.keys_reset_at,
  }
}

/**
 * Writes that the session ended by itself: no broker starts it again until a person connects.
 *
 * @throws LeaseLostError
 */
export async function writeEnd(
  db: Database,
  lease: HeldLease,
  { status, reason }: Pick<SessionState, 'status' | 'reason'>,
): Promise<void> {
  const relink = status === 'logged_out'
  await inTransaction(db, async (transaction) => {
    await requireLease(transaction, lease)
    await transaction
      .updateTable('broker.instance')
      .set({ wanted: false, status, last_error: reason, updated_at: new Date() })
      .$if(relink, (update) => update.set({ relink, phone: null, lid: null }))
      .where('id', '=', lease.instanceId)
      .execute()
  })
}

/** What belongs to chats. Prekeys stay: WhatsApp hands them out, and what is sealed with one must open. */
const CHAT_KEYS = ['session', 'sender-key', 'sender-key-memory', 'device-list'] as const

/**
 * Throws the Signal sessions away and keeps the credentials: whoever writes next makes a new session.
 *
 * @returns when
 * @throws LeaseLostError
 */
export async function resetKeys(db: Database, lease: HeldLease): Promise<Date> {
  return await inTransaction(db, async (transaction) => {
    await requireLease(transaction, lease)
    await transaction
      .deleteFrom('broker.session_key')
      .where('instance_id', '=', lease.instanceId)
      .where('type', 'in', CHAT_KEYS)
      .execute()
    const at = new Date()
    await transaction
      .updateTable('broker.instance')
      .set({ keys_reset_at: at })
      .where('id', '=', lease.instanceId)
      .execute()
    return at
  })
}

/**
 * A phone linked the session anew: the new credentials take the place of what was kept of the old link.
 *
 * @throws LeaseLostError
 */
export async function replaceSession(
  db: Database,
  seal: Seal,
  lease: HeldLease,
  credentials: AuthenticationCreds,
): Promise<void> {
  await inTransaction(db, async (transaction) => {
    await requireLease(transaction, lease)
    await deleteSession(transaction, lease.instanceId)
    await writeCredentials(transaction, seal, lease.instanceId, credentials)
    await transaction
      .updateTable('broker.instance')
      .set({ relink: false })
      .where('id', '=', lease.instanceId)
      .execute()
  })
}

/**
 * Forgets the session whole, because a person logged it out.
 *
 * @throws LeaseLostError
 */
export async function forgetSession(db: Database, lease: HeldLease): Promise<void> {
  await inTransaction(db, async (transaction) => {
    await requireLease(transaction, lease)
    await deleteSession(transaction, lease.instanceId)
    await transaction
      .updateTable('broker.instance')
      .set({ wanted: false, relink: false, logout_requested_at: null, keys_reset_at: null })
      .where('id', '=', lease.instanceId)
      .execute()
  })
}

async function deleteSession(transaction: Queryable, instanceId: string): Promise<void> {
  await transaction.deleteFrom('broker.session_key').where('instance_id', '=', instanceId).execute()
  await transaction.deleteFrom('broker.session_credential').where('instance_id', '=', instanceId).execute()
}
