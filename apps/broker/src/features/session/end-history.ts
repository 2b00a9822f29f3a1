import type { EndFacts, EndReason } from './disconnect-reason.ts'
import type { SocketEnd } from './socket-life.ts'

/** A connection that held this long was a good one: after its loss everything is counted anew. */
const STABLE_MS = 30_000

/** What the ends of one session's sockets say together. */
export class EndHistory {
  keysResetAt: Date | null = null
  #last: EndReason | undefined
  #repeats = 0
  #failures = 0
  #restartAt = Number.NEGATIVE_INFINITY

  /** Ends in a row, without a connection that held between. */
  get failures(): number {
    return this.#failures
  }

  /** A phone linked the session. */
  paired(): void {
    this.#restartAt = performance.now()
  }

  /** @returns what is to be known to judge this end */
  add({ reason, openMs }: SocketEnd): EndFacts {
    const isStable = openMs >= STABLE_MS
    this.#failures = isStable ? 1 : this.#failures + 1
    this.#repeats = reason === this.#last && !isStable ? this.#repeats + 1 : 0
    this.#last = reason
    const sinceRestartMs = performance.now() - this.#restartAt
    if (reason === 'restart_required') this.paired()
    const sinceResetMs = this.keysResetAt ? Date.now() - this.keysResetAt.getTime() : Number.POSITIVE_INFINITY
    return { repeats: this.#repeats, sinceRestartMs, sinceResetMs }
  }
}
