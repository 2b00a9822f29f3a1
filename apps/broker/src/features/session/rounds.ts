import { pause } from '@carteiro/runtime/lifecycle'

/** A session's connections and the waits between them, of which each can be cut short. */
export class Rounds {
  readonly #stopping: AbortSignal
  #present = new AbortController()
  #isWaiting = false
  #skipsWait = false

  /** @param stopping ends whatever goes on, for good */
  constructor(stopping: AbortSignal) {
    this.#stopping = stopping
  }

  /** A connection begins. @returns aborted when it shall end; `end` ends this one, and no later one */
  begin(): { signal: AbortSignal; end: () => void } {
    const present = new AbortController()
    this.#present = present
    return { signal: AbortSignal.any([this.#stopping, present.signal]), end: () => present.abort() }
  }

  /** Whether there is no connection: one has ended, and the next is not begun. */
  get isWaiting(): boolean {
    return this.#isWaiting
  }

  /** Ends the connection that goes on, and leaves out the wait after it. */
  cut(): void {
    this.#skipsWait = true
    this.#present.abort()
  }

  /** Ends the wait, where it waits. */
  hurry(): void {
    if (this.#isWaiting) this.#present.abort()
  }

  async wait(ms: number): Promise<void> {
    const skips = this.#skipsWait
    this.#skipsWait = false
    if (skips) return
    const { signal } = this.begin()
    this.#isWaiting = true
    await pause(ms, signal)
    this.#isWaiting = false
  }
}
