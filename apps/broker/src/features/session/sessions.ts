import type { HeldLease } from '../../held-lease.ts'
import type { ShownQr } from './follow-qr.ts'
import { InstanceSession, type SessionDependencies } from './instance-session.ts'
import type { PairingCode } from './linking.ts'
import type { WASocket } from './open-socket.ts'
import type { SessionState } from './status-event.ts'

/** The sessions that this process holds. */
export class Sessions {
  readonly #deps: SessionDependencies
  readonly #sessions = new Map<string, InstanceSession>()
  /** Sessions that are ending: a new one of the same instance waits, so that two never share its keys. */
  readonly #ending = new Map<string, Promise<void>>()
  readonly #startsLater = new Set<string>()
  #closed = false

  constructor(deps: SessionDependencies) {
    this.#deps = deps
  }

  /** Starts the instance's session unless it runs; it ends with its lease. */
  start(instance: { id: string; name: string }, lease: HeldLease): void {
    if (this.#closed || this.#sessions.has(instance.id)) return
    const before = this.#ending.get(instance.id)
    if (before) {
      this.#startAfter(before, instance, lease)
      return
    }
    const session = new InstanceSession(this.#deps, instance, lease)
    this.#sessions.set(instance.id, session)
    // A session that ends by itself leaves; one that is stopped has left before.
    void session.ended.then(() => {
      if (this.#sessions.get(instance.id) === session) this.#sessions.delete(instance.id)
    })
  }

  /** Stops it, if it runs; resolves when its socket has ended. */
  stop(instanceId: string, reason: string): Promise<void> {
    this.#startsLater.delete(instanceId)
    const session = this.#sessions.get(instanceId)
    if (!session) return this.#ending.get(instanceId) ?? Promise.resolve()
    this.#sessions.delete(instanceId)
    const end = session.stop(reason).finally(() => this.#ending.delete(instanceId))
    this.#ending.set(instanceId, end)
    return end
  }

  /** Stops all; none is started any more. */
  async stopAll(reason: string): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#sessions.keys()].map((instanceId) => this.stop(instanceId, reason)))
  }

  /** How the session stands; `undefined` when this process holds none. */
  state(instanceId: string): SessionState | undefined {
    return this.#sessions.get(instanceId)?.state
  }

  /** The socket to send by; `undefined` while it is not connected. */
  socket(instanceId: string): WASocket | undefined {
    return this.#sessions.get(instanceId)?.socket
  }

  /** The QR code to scan; `undefined` while the session shows none. */
  qr(instanceId: string): ShownQr | undefined {
    return this.#sessions.get(instanceId)?.linking.qr
  }

  /** A code to type on this phone (digits); `undefined` when the session could not ask for one in time. */
  async requestCode(instanceId: string, phone: string, timeoutMs: number): Promise<PairingCode | undefined> {
    return await this.#sessions.get(instanceId)?.linking.requestCode(phone, timeoutMs)
  }

  #startAfter(before: Promise<void>, instance: { id: string; name: string }, lease: HeldLease): void {
    if (this.#startsLater.has(instance.id)) return
    this.#startsLater.add(instance.id)
    void before.then(() => {
      if (this.#startsLater.delete(instance.id)) this.start(instance, lease)
    })
  }
}
