import { parseJid } from '@carteiro/contracts/jid'
import type { Database } from '@carteiro/database/connect'
import { backoffMs } from '@carteiro/runtime/backoff'
import { pause } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import type { Seal } from '@carteiro/runtime/seal'
import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { type HeldLease, LeaseLostError } from '../../held-lease.ts'
import { forgetSession } from './credential-store.ts'
import { type Credentials, dropUnfinishedLink, openCredentials } from './credentials.ts'
import type { ShownQr } from './follow-qr.ts'
import { KeyStore } from './key-store.ts'
import { Linking } from './linking.ts'
import type { CreateMessageCommit } from './message-commit.ts'
import type { UploadSite, WASocket } from './open-socket.ts'
import { liveOnce, type SocketListener } from './socket-life.ts'
import type { SessionState } from './status-event.ts'

/** What a session tells the rest of the broker. Called in order, never awaited. */
export interface SessionListener extends SocketListener {
  onState(instanceId: string, state: SessionState): void
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
  /** A simulator's socket; `undefined` reaches WhatsApp. */
  simulatorUrl: string | undefined
  /** A simulator's media host; `undefined` uploads to WhatsApp's. */
  uploads: UploadSite | undefined
}

const RECONNECT = { firstMs: 500, maxMs: 60_000, jitter: 0.3 }
/** A connection that held this long was a good one: after its loss the waits begin anew. */
const STABLE_MS = 30_000

const CREATED: SessionState = {
  status: 'created',
  phone: null,
  lid: null,
  qrAvailable: false,
  reason: null,
}

/** The session of one instance: connects it and keeps it connected, until it is stopped or logged out. */
export class InstanceSession {
  readonly #deps: SessionDependencies
  readonly #instance: { id: string; name: string }
  readonly #stopping = new AbortController()
  #state = CREATED
  readonly linking = new Linking()
  #openSocket: WASocket | undefined
  /** Resolves when the session is over: stopped, logged out or unreadable. */
  readonly ended: Promise<void>

  constructor(deps: SessionDependencies, instance: { id: string; name: string }, lease: HeldLease) {
    this.#deps = deps
    this.#instance = instance
    lease.signal.addEventListener('abort', () => this.#stopping.abort(), { once: true })
    this.ended = this.#run()
  }

  get state(): SessionState {
    return this.#state
  }

  /** The socket while it is connected. */
  get socket(): WASocket | undefined {
    return this.#openSocket
  }

  /** Ends the socket within 3 s, and tells `reason` unless the session was logged out. */
  async stop(reason: string): Promise<void> {
    this.#stopping.abort()
    await this.ended
    if (this.#state.status !== 'logged_out') this.#become({ status: 'disconnected', reason })
  }

  async #run(): Promise<void> {
    const { logger } = this.#deps
    const instanceId = this.#instance.id
    this.#become({ status: 'connecting' })
    try {
      const credentials = await openCredentials({
        ...this.#deps,
        instanceId,
        signal: this.#stopping.signal,
        onSaveFailed: (err) => logger.error({ err, instanceId }, 'credentials not saved'),
      })
      await this.#recover()
      await this.#keepConnected(credentials)
      await credentials.saved()
    } catch (error) {
      logger.error({ err: error, instanceId }, 'session ended by an error')
      this.#become({ status: 'disconnected', reason: error instanceof Error ? error.message : String(error) })
    }
  }

  async #keepConnected(credentials: Credentials): Promise<void> {
    const { listener } = this.#deps
    const signal = this.#stopping.signal
    for (let failures = 0; !signal.aborted; ) {
      const { reason, next, openMs, fault } = await this.#connectOnce(credentials)
      if (signal.aborted || fault instanceof LeaseLostError) return
      if (next === 'logged_out') return await this.#logOut(credentials)
      this.#become(next === 'restart' ? { status: 'connecting' } : { status: 'disconnected', reason })
      if (next === 'not_scanned') return
      failures = openMs >= STABLE_MS ? 1 : failures + 1
      const waitMs = next === 'restart' ? 0 : backoffMs(failures, RECONNECT)
      listener.onReconnect(this.#instance.id, reason, waitMs)
      await pause(waitMs, signal)
    }
  }

  async #connectOnce(credentials: Credentials) {
    const { db, seal, logger, listener, simulatorUrl, uploads } = this.#deps
    const instanceId = this.#instance.id
    dropUnfinishedLink(credentials.current)
    const ended = new AbortController()
    const broken = new AbortController()
    const creds = credentials.current
    const commit = this.#deps.createMessageCommit({ instanceId, creds, signal: ended.signal, broken })
    const keys = new KeyStore({
      ...{ db, seal, instanceId, signal: ended.signal },
      beside: (transaction) => commit.beside(transaction),
      onFault: (error) => broken.abort(error),
    })
    const end = await liveOnce({
      ...{ instanceId, creds, keys, commit },
      url: simulatorUrl,
      uploads,
      logger,
      listener,
      signal: AbortSignal.any([this.#stopping.signal, broken.signal]),
      onCredentials: () => credentials.save(),
      onQr: (shown, socket) => this.#show(shown, socket),
      onOpen: (socket) => {
        this.#openSocket = socket
        this.#become({ status: 'connected', ...identity(credentials.current) })
      },
    })
    this.#openSocket = undefined
    this.linking.end()
    // The next socket must find what this one has written, and be the only one that writes.
    ended.abort()
    await keys.settled()
    await this.#recover()
    const fault: unknown = broken.signal.reason
    if (fault)
      logger.error({ err: fault, instanceId }, 'socket ended, its session could not be read or written')
    return { ...end, fault }
  }

  /** Tells what was committed and not told: of the process before, or of the socket before. */
  async #recover(): Promise<void> {
    const instanceId = this.#instance.id
    const { recoverMessages, logger } = this.#deps
    try {
      await retryWhileDatabaseAway(() => recoverMessages(instanceId), { signal: this.#stopping.signal })
    } catch (err) {
      logger.error({ err, instanceId }, 'messages not recovered, they wait for the next connection')
    }
  }

  #show(shown: ShownQr | undefined, socket: WASocket): void {
    if (shown) this.linking.show(shown, socket)
    else this.linking.end()
    this.#become({ status: 'connecting', qrAvailable: shown !== undefined })
  }

  /** WhatsApp ended the session: its keys are worth nothing now, and the next connect links anew. */
  async #logOut(credentials: Credentials): Promise<void> {
    await credentials.saved()
    await retryWhileDatabaseAway(() => forgetSession(this.#deps.db, { instanceId: this.#instance.id }), {
      signal: this.#stopping.signal,
    })
    this.#become({ status: 'logged_out', reason: 'logged_out', phone: null, lid: null })
  }

  #become(next: Partial<SessionState> & Pick<SessionState, 'status'>): void {
    const before = this.#state
    this.#state = { ...before, reason: null, qrAvailable: false, ...next }
    const changed = before.status !== this.#state.status || before.qrAvailable !== this.#state.qrAvailable
    if (changed) this.#deps.listener.onState(this.#instance.id, this.#state)
  }
}

function identity({ me }: AuthenticationCreds): { phone: string | null; lid: string | null } {
  const phone = me?.id ? parseJid(me.id) : undefined
  const lid = me?.lid ? parseJid(me.lid) : undefined
  return {
    phone: phone?.kind === 'phone' ? `+${phone.digits}` : null,
    lid: lid?.kind === 'lid' ? lid.lid : null,
  }
}
