import type { Queryable } from '@carteiro/database/connect'
import type { AuthenticationCreds, SocketConfig, WASocket } from '@whiskeysockets/baileys'

/** What commits a socket's messages ahead of their receipts (features/commit). */
export interface MessageCommit {
  readonly makeSignalRepository: SocketConfig['makeSignalRepository']
  listen(stanzas: Pick<WASocket['ws'], 'prependListener'>): void
  /** Writes what belongs beside the keys that are being set just now. */
  beside(): ((transaction: Queryable) => Promise<void>) | undefined
  /** Where the commit of what is being set just now is put, when it is waited for later. */
  later(): Promise<void>[] | undefined
}

export type CreateMessageCommit = (socket: {
  instanceId: string
  creds: AuthenticationCreds
  /** Ends the waiting for a database that is away. */
  signal: AbortSignal
  /** Aborted when the session's state cannot be read or written. */
  broken: AbortController
}) => MessageCommit
