import type { Database } from '@carteiro/database/connect'
import type { Logger } from '@carteiro/runtime/logger'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import { type Seal, SealError } from '@carteiro/runtime/seal'
import { type HeldLease, LeaseLostError } from '../../held-lease.ts'
import { type Credentials, dropUnfinishedLink } from './credentials.ts'
import { KeyStore } from './key-store.ts'
import type { LivenessTimes } from './liveness.ts'
import type { CreateMessageCommit } from './message-commit.ts'
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
  createMessageCommit: CreateMessageCommit
  /** Tells of what was committed and not told. */
  recoverMessages: (instanceId: string) => Promise<void>
  settings: SocketSettings
  liveness: LivenessTimes
}

export interface ConnectionOptions
  extends Pick<SocketLifeOptions, 'leaving' | 'signal' | 'onQr' | 'onPaired' | 'onOpen'> {
  lease: HeldLease
  credentials: Credentials
}

/**
 * One connection of a session, from its socket's opening to its end. When it has ended nothing of it is read or written
 * any more.
 *
 * @throws SealError when something of the session cannot be read
 * @throws LeaseLostError when another broker holds it
 */
export async function connectOnce(
  deps: SessionDependencies,
  { lease, credentials, signal, ...options }: ConnectionOptions,
): Promise<SocketEnd> {
  const { db, seal, logger, listener, settings, liveness, createMessageCommit } = deps
  const { instanceId, signal: lost } = lease
  dropUnfinishedLink(credentials.current)
  const ended = new AbortController()
  const broken = new AbortController()
  const creds = credentials.current
  const commit = createMessageCommit({ instanceId, creds, signal: ended.signal, broken })
  const keys = new KeyStore({
    ...{ db, seal, instanceId, lease, creds, signal: ended.signal },
    beside: () => commit.beside(),
    later: () => commit.later(),
    onFault: (error) => broken.abort(error),
  })
  const end = await liveOnce({
    ...{ ...options, instanceId, creds, keys, commit, settings, liveness, logger, listener, lost },
    signal: AbortSignal.any([signal, broken.signal]),
    onCredentials: () => credentials.save(),
  })
  // The next socket must find what this one has written, and be the only one that writes.
  ended.abort()
  await keys.settled()
  await recover(deps, lease, signal)
  const fault: unknown = broken.signal.reason
  if (fault instanceof SealError || fault instanceof LeaseLostError) throw fault
  if (fault)
    logger.error({ err: fault, instanceId }, 'socket ended, its session could not be read or written')
  return end
}

/** Tells what was committed and not told: of the process before, or of the socket before. */
export async function recover(
  { recoverMessages, logger }: SessionDependencies,
  { instanceId, signal: lost }: HeldLease,
  signal: AbortSignal,
): Promise<void> {
  if (lost.aborted) return
  try {
    await retryWhileDatabaseAway(() => recoverMessages(instanceId), { signal })
  } catch (err) {
    logger.error({ err, instanceId }, 'messages not recovered, they wait for the next connection')
  }
}
