import { pause } from '@carteiro/runtime/lifecycle'

/** A wait that others may cut short. */
export interface Alarm {
  /** Ends the wait under way, or else the next one. */
  ring(): void
  /** Waits for `ms`, or until it rings or the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

export function createAlarm(): Alarm {
  let rung = new AbortController()
  return {
    ring: () => rung.abort(),
    async wait(ms, signal) {
      await pause(ms, AbortSignal.any([rung.signal, signal]))
      if (rung.signal.aborted) rung = new AbortController()
    },
  }
}
