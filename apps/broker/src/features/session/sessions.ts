import type { HeldLease } from '../../held-lease.ts'
import type { SessionDependencies } from './connect-once.ts'
import type { ShownQr } from './follow-qr.ts'
import { InstanceSession } from './instance-session.ts'
import type { PairingCode } from './linking.ts'
import type { WASocket } from './open-socket.ts'
import type { SessionState } from './status-event.ts'

/** The sessions that this process holds. */
export class Sessions {
  readonly #deps: SessionDependencies
  readonly #sessions = new Map<string, InstanceSession>()
  /** Sessions that are stopping: a new one of the same instance waits, so that two never share its keys. */
  readonly #stopping = new Map<string, { session: InstanceSession; end: Promise<void> }>()
  readonly #startsLater = new Map<string, HeldLease>()
  #closed = false

  constructor(deps: SessionDependencies) {
    this.#deps = deps
  }

  /** Starts the session of the instance that is held; where it runs already, it tries at once to connect. */
  start({ id }: { id: string }, lease: HeldLease): void {
    const running = this.#sessions.get(id)
    if (running && !running.isLost) {
      running.hurry()
      return
    }
    if (this.#closed || lease.signal.aborted) return
    const before = running?.ended ?? this.#stopping.get(id)?.end
    if (before) {
      this.#startAfter(before, lease)
      return
    }
    const session = new InstanceSession(this.#deps, lease)
    this.#sessions.set(id, session)
    // A session that ends by itself leaves; one that is stopped has left before.
    void session.ended.then(() => {
      if (this.#sessions.get(id) === session) this.#sessions.delete(id)
      if (session.isLost) this.#deps.listener.onLost(id)
    })
  }

  /** Stops it, if it runs; resolves when its socket has ended and its last state is written. */
  stop(instanceId: string, reason: string): Promise<void> {
    this.#startsLater.delete(instanceId)
    const session = this.#sessions.get(instanceId)
    if (!session) return this.#stopping.get(instanceId)?.end ?? Promise.resolve()
    this.#sessions.delete(instanceId)
    const end = session.stop(reason).finally(() => this.#stopping.delete(instanceId))
    this.#stopping.set(instanceId, { session, end })
    return end
  }

  /** Stops all; none is started any more. */
  async stopAll(reason: string): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#sessions.keys()].map((instanceId) => this.stop(instanceId, reason)))
  }

  /**
   * Logs the session out, where one runs here.
   *
   * @returns resolves when that is done, which takes until WhatsApp can be reached; `undefined` when none runs
   */
  logOut(instanceId: string): Promise<void> | undefined {
    const session = this.#sessions.get(instanceId)
    session?.logOut()
    return session?.ended
  }

  /** Resolves when the session that is about to end by itself has ended; `undefined` when none is. */
  ending(instanceId: string): Promise<void> | undefined {
    const session = this.#sessions.get(instanceId)
    return session?.isEnding ? session.ended : undefined
  }

  /** Whether the session is being logged out. */
  isLeaving(instanceId: string): boolean {
    return this.#sessions.get(instanceId)?.isLeaving ?? false
  }

  /** How the session stands; `undefined` when this process holds none. */
  state(instanceId: string): SessionState | undefined {
    return (this.#sessions.get(instanceId) ?? this.#stopping.get(instanceId)?.session)?.state
  }

  /** The socket to send by; `undefined` while it is not connected. */
  socket(instanceId: string): WASocket | undefined {
    return this.#sessions.get(instanceId)?.socket
  }

  /**
   * Whether a connection of a linked session is begun or ends, open or not: it may know keys by heart, and write them
   * again.
   */
  knowsKeys(instanceId: string): boolean {
    const session = this.#sessions.get(instanceId)
    if (!session) return this.#stopping.has(instanceId)
    return !session.rounds.isWaiting && session.linking.qr === undefined
  }

  /** The QR code to scan; `undefined` while the session shows none. */
  qr(instanceId: string): ShownQr | undefined {
    return this.#sessions.get(instanceId)?.linking.qr
  }

  /** A code to type on this phone (digits); `undefined` when the session could not ask for one in time. */
  async requestCode(instanceId: string, phone: string, timeoutMs: number): Promise<PairingCode | undefined> {
    return await this.#sessions.get(instanceId)?.linking.requestCode(phone, timeoutMs)
  }

  #startAfter(before: Promise<void>, lease: HeldLease): void {
    const { instanceId } = lease
    const isQueued = this.#startsLater.has(instanceId)
    this.#startsLater.set(instanceId, lease)
    if (isQueued) return
    void before.then(() => {
      const next = this.#startsLater.get(instanceId)
      this.#startsLater.delete(instanceId)
      if (next) this.start({ id: instanceId }, next)
    })
  }
}
