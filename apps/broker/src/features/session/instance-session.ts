import { backoffMs } from '@carteiro/runtime/backoff'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import { SealError } from '@carteiro/runtime/seal'
import { type HeldLease, LeaseLostError } from '../../held-lease.ts'
import { connectOnce, recover, type SessionDependencies } from './connect-once.ts'
import { type Credentials, isLinked } from './credentials.ts'
import { judgeEnd } from './disconnect-reason.ts'
import { EndHistory } from './end-history.ts'
import type { ShownQr } from './follow-qr.ts'
import { Linking } from './linking.ts'
import { askToLogOut, isOut } from './log-out.ts'
import { openLink } from './open-link.ts'
import type { WASocket } from './open-socket.ts'
import { Rounds } from './rounds.ts'
import { forgetSession, readSessionRow, resetKeys, writeEnd } from './session-row.ts'
import type { SocketEnd } from './socket-life.ts'
import { identityOf, type SessionState } from './status-event.ts'
import { type NextState, ToldState } from './told-state.ts'

/** From 1 to 2 s, and in the end from 30 s to a minute: those that lost their line together do not return together. */
const RECONNECT = { firstMs: 1_500, maxMs: 45_000, jitter: 1 / 3 }

const LOGOUT_PENDING: NextState = { status: 'logged_out', reason: 'logout_pending', phone: null, lid: null }

type OpenConnection = { socket: WASocket; end: () => void }

/** The session of one instance: connects it and keeps it connected, until it is stopped or ends by itself. */
export class InstanceSession {
  readonly linking = new Linking()
  /** Resolves when the session is over and what it told is written: stopped, logged out, refused or unreadable. */
  readonly ended: Promise<void>
  readonly #deps: SessionDependencies
  readonly #lease: HeldLease
  readonly #state: ToldState
  readonly #history = new EndHistory()
  readonly #stopping = new AbortController()
  /** Ends the waiting for a database that is away, once the socket is no more. */
  readonly #released = new AbortController()
  readonly rounds = new Rounds(this.#stopping.signal)
  #open: OpenConnection | undefined
  #isLeaving = false
  #wasHeard = false
  #isEnding = false
  #isLost = false

  constructor(deps: SessionDependencies, lease: HeldLease) {
    this.#deps = deps
    this.#lease = lease
    this.#state = new ToldState((state) => deps.listener.onState(lease, state))
    const { signal } = this.#released
    lease.signal.addEventListener('abort', () => this.#lose(), { once: true, signal })
    if (lease.signal.aborted) this.#lose()
    this.ended = this.#run()
  }

  get state(): SessionState {
    const state = this.#state.current
    // From the moment on in which a person wants it out, and before the row is read.
    return this.#isLeaving && state.status !== 'logged_out' ? { ...state, ...LOGOUT_PENDING } : state
  }

  /** The socket while it is connected. */
  get socket(): WASocket | undefined {
    return this.#isLeaving ? undefined : this.#open?.socket
  }

  /** It ends by itself: nothing but its last words is left to do. */
  get isEnding(): boolean {
    return this.#isEnding
  }

  get isLeaving(): boolean {
    return this.#isLeaving
  }

  /** Another broker has the instance, or may have. */
  get isLost(): boolean {
    return this.#isLost
  }

  /** Ends the socket within 3 s, and tells `reason` unless it is over for another. */
  async stop(reason: string): Promise<void> {
    this.#stopping.abort()
    await this.ended
    if (!this.#isEnding) this.#become({ status: 'disconnected', reason })
    await this.#state.written()
  }

  /** Tries again at once, where it waits to. */
  hurry(): void {
    this.rounds.hurry()
  }

  /** Logs it out, as soon as WhatsApp can be reached; then it has ended, and nothing is kept of it. */
  logOut(): void {
    if (this.#isLeaving || this.#isEnding) return
    this.#isLeaving = true
    if (!this.#open) {
      this.rounds.cut()
      return
    }
    this.#become(LOGOUT_PENDING)
    void this.#sayGoodbye(this.#open)
  }

  async #run(): Promise<void> {
    for (let tries = 1; !this.#stopping.signal.aborted; tries++) {
      try {
        await this.#live()
        break
      } catch (error) {
        if (error instanceof LeaseLostError) this.#lose()
        if (this.#stopping.signal.aborted) break
        this.#deps.logger.error({ err: error, instanceId: this.#lease.instanceId }, 'session failed')
        this.#isEnding = false
        this.#become({ status: 'disconnected', reason: 'internal_error' })
        await this.rounds.wait(backoffMs(tries, RECONNECT))
      }
    }
    await this.#state.written()
    this.#released.abort()
  }

  async #live(): Promise<void> {
    const { db } = this.#deps
    const row = await this.#untilDone(() => readSessionRow(db, this.#lease.instanceId))
    this.#isEnding = !row
    if (!row) return
    this.#state.begin(row.state)
    this.#history.keysResetAt = row.keysResetAt
    this.#isLeaving ||= row.logoutRequested
    this.#become({ status: 'connecting' })
    try {
      await this.#keepConnected(row.relink && !this.#isLeaving)
    } catch (error) {
      if (!(error instanceof SealError)) throw error
      if (this.#isLeaving) await this.#forget()
      else await this.#finish({ status: 'disconnected', reason: 'session_corrupt' })
    }
  }

  async #keepConnected(isNew: boolean): Promise<void> {
    const link = { lease: this.#lease, signal: this.#stopping.signal }
    let credentials = await openLink(this.#deps, { ...link, isNew })
    await recover(this.#deps, this.#lease, this.#stopping.signal)
    while (!this.#stopping.signal.aborted) {
      if (this.#isLeaving) {
        await credentials.saved()
        if (!isLinked(credentials.current)) return await this.#forget()
        this.#become(LOGOUT_PENDING)
      }
      const end = await this.#connectOnce(credentials)
      await credentials.saved()
      if (this.#stopping.signal.aborted) return
      // The new link has replaced what was kept: from here on it is a session like any other.
      if (isNew && isLinked(credentials.current)) {
        credentials = await openLink(this.#deps, { ...link, isNew: false })
      }
      const waitMs = this.#isLeaving ? await this.#afterGoodbye(end) : await this.#afterEnd(end)
      if (waitMs === undefined) return
      await this.rounds.wait(waitMs)
    }
  }

  async #connectOnce(credentials: Credentials): Promise<SocketEnd> {
    const { signal, end } = this.rounds.begin()
    const connection = connectOnce(this.#deps, {
      lease: this.#lease,
      credentials,
      leaving: this.#isLeaving,
      signal,
      onQr: (shown, socket) => this.#show(shown, socket),
      onPaired: () => this.#history.paired(),
      onOpen: (socket) => {
        this.#open = { socket, end }
        if (this.#isLeaving) void this.#sayGoodbye(this.#open)
        else this.#become({ status: 'connected', ...identityOf(credentials.current) })
      },
    })
    try {
      return await connection
    } finally {
      this.#open = undefined
      this.linking.end()
    }
  }

  /** @returns how long to wait for the next connection; `undefined` when there shall be none */
  async #afterEnd(end: SocketEnd): Promise<number | undefined> {
    const { db, listener } = this.#deps
    const { action, delay, status, reason } = judgeEnd(end.reason, this.#history.add(end))
    if (action === 'stop' || action === 'log_out') return await this.#finish({ status, reason })
    this.#become({ status, reason })
    if (action === 'reset_keys') {
      this.#history.keysResetAt = await this.#untilDone(() => resetKeys(db, this.#lease))
    }
    const waitMs = delay === 'none' ? 0 : backoffMs(this.#history.failures, RECONNECT)
    listener.onReconnect(this.#lease.instanceId, end.reason, waitMs)
    return waitMs
  }

  async #sayGoodbye({ socket, end }: OpenConnection): Promise<void> {
    this.#wasHeard ||= await askToLogOut(socket)
    end()
  }

  async #afterGoodbye(end: SocketEnd): Promise<number | undefined> {
    if (this.#wasHeard || isOut(end.reason)) return await this.#forget()
    this.#history.add(end)
    const waitMs = backoffMs(this.#history.failures, RECONNECT)
    this.#deps.listener.onReconnect(this.#lease.instanceId, end.reason, waitMs)
    return waitMs
  }

  #show(shown: ShownQr | undefined, socket: WASocket): void {
    if (shown) this.linking.show(shown, socket)
    else this.linking.end()
    this.#become({ status: 'connecting', qrAvailable: shown !== undefined }, { again: shown !== undefined })
  }

  /** It ends by itself: until a person connects, nobody starts it again. */
  async #finish(state: Pick<SessionState, 'status' | 'reason'>): Promise<undefined> {
    this.#isEnding = true
    await this.#untilDone(() => writeEnd(this.#deps.db, this.#lease, state))
    this.#become({ ...state, ...(state.status === 'logged_out' && { phone: null, lid: null }) })
  }

  async #forget(): Promise<undefined> {
    this.#isEnding = true
    await this.#untilDone(() => forgetSession(this.#deps.db, this.#lease))
    this.#become({ status: 'logged_out', reason: 'logged_out_on_request', phone: null, lid: null })
  }

  /** Another broker may have it from now on: nothing is told or written any more. */
  #lose(): void {
    this.#isLost = true
    this.#stopping.abort()
    this.#released.abort()
  }

  #become(next: NextState, options?: { again: boolean }): void {
    if (this.#isLost || (this.#isLeaving && next.status !== 'logged_out')) return
    this.#state.become(next, options)
  }

  #untilDone<Result>(act: () => Promise<Result>): Promise<Result> {
    return retryWhileDatabaseAway(act, { signal: this.#stopping.signal })
  }
}
