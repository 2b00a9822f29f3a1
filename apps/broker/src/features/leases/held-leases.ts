import type { HeldLease } from '../../held-lease.ts'
import type { ClaimedLease } from './lease-acts.ts'

/** A lease of this process, with the instance that it is of. */
export interface Held extends HeldLease {
  name: string
}

interface Kept {
  lease: Held
  ending: AbortController
  /** On this process's own monotonic clock, in milliseconds. */
  validUntil: number
}

export interface HeldLeasesOptions {
  /** A monotonic clock, in milliseconds. It goes on while the process is stopped. */
  now: () => number
  /** A lease became too old: it was not renewed in time, and another broker may have it soon. */
  onExpired: (lease: Held) => void
}

/**
 * The leases that this process may act on, by its own clock: a lease is gone here before it runs out in the
 * database, without asking anybody. A process that was stopped learns of it at the first look.
 */
export class HeldLeases {
  readonly #options: HeldLeasesOptions
  readonly #kept = new Map<string, Kept>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: HeldLeasesOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#kept.size
  }

  /** Those that are held, the newest last. */
  all(): Held[] {
    return [...this.#kept.values()].map(({ lease }) => lease)
  }

  add({ instanceId, generation, name }: ClaimedLease, validUntil: number): Held {
    const ending = new AbortController()
    const lease = { instanceId, generation, name, signal: ending.signal }
    this.#kept.set(instanceId, { lease, ending, validUntil })
    this.#watch()
    return lease
  }

  /** The instance's lease, looked at now; `undefined` when this process must not act on it. */
  current(instanceId: string): Held | undefined {
    const kept = this.#kept.get(instanceId)
    if (kept && kept.validUntil <= this.#options.now()) this.#expire()
    return this.#kept.get(instanceId)?.lease
  }

  isCurrent(lease: Held): boolean {
    return this.current(lease.instanceId) === lease
  }

  renew(leases: Held[], validUntil: number): void {
    for (const lease of leases) {
      const kept = this.#kept.get(lease.instanceId)
      if (kept?.lease === lease) kept.validUntil = validUntil
    }
    this.#watch()
  }

  /** @returns whether it was held until now */
  drop(lease: Held): boolean {
    const kept = this.#kept.get(lease.instanceId)
    if (kept?.lease !== lease) return false
    this.#kept.delete(lease.instanceId)
    kept.ending.abort()
    this.#watch()
    return true
  }

  #expire(): void {
    const now = this.#options.now()
    for (const { lease, validUntil } of [...this.#kept.values()]) {
      if (validUntil <= now && this.drop(lease)) this.#options.onExpired(lease)
    }
    this.#watch()
  }

  #watch(): void {
    clearTimeout(this.#timer)
    if (this.#kept.size === 0) return
    const next = Math.min(...[...this.#kept.values()].map(({ validUntil }) => validUntil))
    this.#timer = setTimeout(() => this.#expire(), Math.max(1, next - this.#options.now()))
  }
}
