import type { Database } from '@carteiro/database/connect'
import type { Logger } from '@carteiro/runtime/logger'
import type { Seal } from '@carteiro/runtime/seal'
import type { HeldLease } from '../../held-lease.ts'
import { type Credentials, dropUnfinishedLink } from './credentials.ts'
import { KeyStore } from './key-store.ts'
import type { LivenessTimes } from './liveness.ts'
import type { SocketSettings } from './open-socket.ts'
import { liveOnce, type SocketEnd, type SocketLifeOptions, type SocketListener } from './socket-life.ts'
import type { SessionState } from './status-event.ts'

/** What a session tells the rest of the broker. Called in order. */
export interface SessionListener extends SocketListener {
  /** Resolves when it is written down, or never will be: the lease is lost, or the process ends. */
  onState(lease: HeldLease, state: SessionState): Promise<void>
  /** It ended because another broker holds the instance, or may: of its state nothing is known here any more. */
  onLost(instanceId: string): void
  onReconnect(instanceId: string, reason: string, waitMs: number): void
}

export interface SessionDependencies {
  db: Database
  seal: Seal
  logger: Logger
  listener: SessionListener
  settings: SocketSettings
  liveness: LivenessTimes
}

export interface ConnectionOptions
  extends Pick<SocketLifeOptions, 'leaving' | 'signal' | 'onQr' | 'onPaired' | 'onOpen'> {
  lease: HeldLease
  credentials: Credentials
  /** Ends the waiting for a database that is away. */
  released: AbortSignal
}

/** One connection of a session, from its socket's opening to its end. */
export async function connectOnce(
  { db, seal, ...deps }: SessionDependencies,
  { lease, credentials, released, ...options }: ConnectionOptions,
): Promise<SocketEnd> {
  const { instanceId, signal: lost } = lease
  dropUnfinishedLink(credentials.current)
  return await liveOnce({
    ...deps,
    ...options,
    instanceId,
    lost,
    creds: credentials.current,
    keys: new KeyStore({ db, seal, instanceId, signal: released }),
    onCredentials: () => credentials.save(),
  })
}
