import type { Database } from '@carteiro/database/connect'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import type { Seal } from '@carteiro/runtime/seal'
import { initAuthCreds } from '@whiskeysockets/baileys'
import type { HeldLease } from '../../held-lease.ts'
import { type Credentials, isLinked } from './credentials.ts'
import { replaceSession } from './session-row.ts'

export interface NewLinkOptions {
  db: Database
  seal: Seal
  lease: HeldLease
  /** Ends the waiting for a database that is away. */
  signal: AbortSignal
}

/**
 * New credentials beside those of a session that was logged out. Nothing is written until a phone linked them; then
 * they replace the old ones and their keys. `saved` rejects when that failed.
 */
export function openNewLink({ db, seal, lease, signal }: NewLinkOptions): Credentials {
  const current = initAuthCreds()
  let replacing: Promise<void> | undefined
  return {
    current,
    save() {
      if (!isLinked(current) || replacing) return
      replacing = retryWhileDatabaseAway(() => replaceSession(db, seal, lease, current), { signal })
      // Heard by `saved`, which may be asked for later.
      replacing.catch(() => undefined)
    },
    saved: async () => await replacing,
  }
}
