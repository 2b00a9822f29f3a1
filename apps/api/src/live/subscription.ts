import type { RealtimeDoor } from '../report.ts'
import type { LiveEvent } from './live-event.ts'

/** Who hears events: a socket or a stream. */
export interface Listener {
  /** Unique among all. */
  id: string
  tenantId: string
  door: Door
  wants(event: LiveEvent): boolean
  /** Bytes that its connection did not take yet. */
  pendingBytes(): number
  /**
   * Resolves when its connection has taken what waited, or is closed.
   *
   * @returns `false` when it took too long
   */
  drained(): Promise<boolean>
  /** Events from one number to another are not kept any more. */
  truncated(gap: { from: number; to: number }): void
  /**
   * It does not read: it hears nothing more until it asks.
   *
   * @param seq the last event that it was told, or where it began
   */
  tooSlow(seq: number): void
  /** The server ends it. */
  close(told: { code: string; message: string }): void
}

/** The way out of the process: Socket.IO or SSE. */
export interface Door {
  name: RealtimeDoor
  /** Tells an event to listeners that all heard `prevSeq` before it. */
  deliver(event: LiveEvent, prevSeq: number, listeners: Listener[]): void
}

/**
 * One listener's place in its tenant's log. `live`: it hears events as they come. `catching up`: it is read to from the
 * log. `waiting`: it hears nothing until it asks.
 */
export interface Subscription {
  readonly listener: Listener
  state: 'live' | 'catching up' | 'waiting' | 'closed'
  /** The last event that it was offered, whether it wanted it or not. */
  position: number
  /** The last event that it was told, or where it began. */
  prevSeq: number
  /** Counts its ways back: a new one ends the one before. */
  run: number
}
