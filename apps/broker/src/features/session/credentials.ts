import type { Queryable } from '@carteiro/database/connect'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import type { Seal } from '@carteiro/runtime/seal'
import { type AuthenticationCreds, initAuthCreds } from '@whiskeysockets/baileys'
import { loadCredentials, saveCredentials } from './credential-store.ts'
import { linkToSimulator } from './simulated-link.ts'

export interface CredentialsOptions {
  db: Queryable
  seal: Seal
  instance: { id: string; name: string }
  simulated: boolean
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
  const { db, seal, instance, simulated, signal, onSaveFailed } = options
  const stored = await retryWhileDatabaseAway(() => loadCredentials(db, seal, instance.id), { signal })
  const current = stored ?? initAuthCreds()
  if (simulated) linkToSimulator(current, instance.id, instance.name)

  let changed = false
  let writing: Promise<void> | undefined
  async function writeUntilUnchanged(): Promise<void> {
    while (changed) {
      changed = false
      try {
        await retryWhileDatabaseAway(() => saveCredentials(db, seal, instance.id, current), { signal })
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
