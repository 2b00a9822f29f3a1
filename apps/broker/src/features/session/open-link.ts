import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import { initAuthCreds } from '@whiskeysockets/baileys'
import type { HeldLease } from '../../held-lease.ts'
import type { SessionDependencies } from './connect-once.ts'
import { type Credentials, isLinked, openCredentials } from './credentials.ts'
import { replaceSession } from './session-row.ts'

type Needed = Pick<SessionDependencies, 'db' | 'seal' | 'logger'>

export interface LinkOptions {
  lease: HeldLease
  /** What is kept was logged out: a phone has to link the session anew. */
  isNew: boolean
  /** Ends the waiting for a database that is away. */
  signal: AbortSignal
}

/**
 * The credentials to connect with.
 *
 * @throws SealError when they exist and cannot be read
 */
export async function openLink(deps: Needed, { lease, isNew, signal }: LinkOptions): Promise<Credentials> {
  if (isNew) return openNewLink(deps, { lease, signal })
  const { instanceId } = lease
  const onSaveFailed = (err: unknown) => deps.logger.error({ err, instanceId }, 'credentials not saved')
  return await openCredentials({ ...deps, instanceId, lease, signal, onSaveFailed })
}

/**
 * New credentials beside those of a session that was logged out. Nothing is written until a phone linked them; then
 * they replace the old ones and their keys. `saved` rejects when that failed.
 */
function openNewLink({ db, seal }: Needed, { lease, signal }: Omit<LinkOptions, 'isNew'>): Credentials {
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
