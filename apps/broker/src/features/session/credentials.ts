import type { Database } from '@carteiro/database/connect'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import type { Seal } from '@carteiro/runtime/seal'
import { type AuthenticationCreds, initAuthCreds } from '@whiskeysockets/baileys'
import type { HeldLease } from '../../held-lease.ts'
import { loadCredentials, saveCredentials } from './credential-store.ts'
import { resealSession } from './reseal-session.ts'

export interface CredentialsOptions {
  db: Database
  seal: Seal
  instanceId: string
  lease?: HeldLease | undefined
  /** Ends the waiting for a database that is away. */
  signal: AbortSignal
  onSaveFailed: (error: unknown) => void
}

/** The credentials of one instance: one object that Baileys changes, written down after every change. */
export interface Credentials {
  readonly current: AuthenticationCreds
  /** Writes them as they are now; several calls while one write runs become one more write. */
  save(): void
  /** Resolves when all that was to be written is. */
  saved(): Promise<void>
}

/** @throws SealError when they exist and cannot be read */
export async function openCredentials(options: CredentialsOptions): Promise<Credentials> {
  const { db, seal, instanceId, signal, onSaveFailed } = options
  await retryWhileDatabaseAway(() => resealSession(db, seal, options), { signal })
  const stored = await retryWhileDatabaseAway(() => loadCredentials(db, seal, instanceId), { signal })
  const current = stored ?? initAuthCreds()

  let changed = false
  let writing: Promise<void> | undefined
  async function writeUntilUnchanged(): Promise<void> {
    while (changed) {
      changed = false
      try {
        await retryWhileDatabaseAway(() => saveCredentials(db, seal, options, current), { signal })
      } catch (error) {
        onSaveFailed(error)
      }
    }
    writing = undefined
  }
  const credentials: Credentials = {
    current,
    save: () => {
      changed = true
      writing ??= writeUntilUnchanged()
    },
    saved: async () => await writing,
  }
  if (!stored) credentials.save()
  return credentials
}

/** Whether a phone linked this session: only then is there an account to log in to. */
export const isLinked = ({ account }: AuthenticationCreds): boolean => account !== undefined

/** Baileys writes down whom a pairing code is for, and would log in as that account although no phone has linked it. */
export function dropUnfinishedLink(credentials: AuthenticationCreds): void {
  if (isLinked(credentials)) return
  delete credentials.me
  credentials.pairingCode = undefined
  credentials.registered = false
}
