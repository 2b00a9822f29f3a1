import { type Backoff, backoffMs } from '@carteiro/runtime/backoff'
import type { WaitingChat } from './waiting-rows.ts'

/** One chat with events to publish: only one batch of it is on its way at a time. */
export interface Lane extends WaitingChat {
  /** The webhook's URL, once known. */
  target: string | undefined
  running: boolean
  /** Events came while it ran. */
  woken: boolean
  /** How many of the next events go alone. */
  singles: number
  failures: number
  notBefore: number
}

interface Gate {
  failures: number
  notBefore: number
  running: number
}

const RETRY: Backoff = { firstMs: 100, maxMs: 10_000, jitter: 0.2 }
/** The journal is the queue: chats beyond these are found there by the sweep. */
const MAX_LANES = 5_000

/**
 * Which chat is published next: those that wait longest first, few at a time, each chat alone. A webhook that
 * fails is asked by one chat at a time, ever more seldom, until it answers. Times are epoch milliseconds.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>()
  readonly #gates = new Map<string, Gate>()
  readonly #maxRunning: number
  #running = 0

  constructor(maxRunning: number) {
    this.#maxRunning = maxRunning
  }

  get running(): number {
    return this.#running
  }

  /** @returns `false` when there is no room for one more chat */
  wake({ instanceId, chatKey }: WaitingChat): boolean {
    const key = laneKey(instanceId, chatKey)
    const lane = this.#lanes.get(key)
    if (lane) lane.woken = true
    else if (this.#lanes.size >= MAX_LANES) return false
    else this.#lanes.set(key, { instanceId, chatKey, ...FRESH })
    return true
  }

  /** Takes the lanes that may run now, and tells when the next one may. */
  take(now: number): { lanes: Lane[]; nextAt: number | undefined } {
    const lanes: Lane[] = []
    let nextAt: number | undefined
    for (const lane of this.#lanes.values()) {
      if (lane.running) continue
      if (this.#running >= this.#maxRunning) break
      const at = Math.max(lane.notBefore, this.#gate(lane.target)?.notBefore ?? 0)
      if (at > now) nextAt = Math.min(nextAt ?? at, at)
      else if (!this.#isProbed(lane.target)) lanes.push(this.#start(lane))
    }
    return { lanes, nextAt }
  }

  /** A batch was settled, or there was none: the lane goes behind the others, or away when it is empty. */
  finish(lane: Lane, outcome: 'settled' | 'empty'): void {
    this.#stop(lane)
    const gate = this.#gate(lane.target)
    if (gate && outcome === 'settled') gate.failures = 0
    lane.failures = 0
    const key = laneKey(lane.instanceId, lane.chatKey)
    this.#lanes.delete(key)
    if (outcome === 'settled' || lane.woken) this.#lanes.set(key, lane)
  }

  /**
   * The lane stays where it is; its next try waits, and so does every lane of the target if that is the
   * cause.
   */
  fail(lane: Lane, scope: 'target' | 'chat', now: number, atLeastMs = 0): number {
    this.#stop(lane)
    const gate = scope === 'target' ? this.#gate(lane.target) : undefined
    const paused = gate ?? lane
    paused.failures += 1
    const waitMs = Math.max(backoffMs(paused.failures, RETRY), atLeastMs)
    paused.notBefore = now + waitMs
    return waitMs
  }

  /**
   * Learns where a lane goes. @returns `false` when that target must not be asked just now; the lane is put
   * back
   */
  aim(lane: Lane, target: string, now: number): boolean {
    if (lane.target === target) return true
    this.#leaveGate(lane)
    lane.target = target
    if (!this.#gates.has(target)) this.#gates.set(target, { failures: 0, notBefore: 0, running: 0 })
    const gate = this.#gate(target)
    const closed = gate !== undefined && (gate.notBefore > now || this.#isProbed(target))
    if (gate) gate.running += 1
    if (closed) this.#stop(lane)
    return !closed
  }

  #gate(target: string | undefined): Gate | undefined {
    return target === undefined ? undefined : this.#gates.get(target)
  }

  #isProbed(target: string | undefined): boolean {
    const gate = this.#gate(target)
    return gate !== undefined && gate.failures > 0 && gate.running > 0
  }

  #start(lane: Lane): Lane {
    lane.running = true
    lane.woken = false
    this.#running += 1
    const gate = this.#gate(lane.target)
    if (gate) gate.running += 1
    return lane
  }

  #stop(lane: Lane): void {
    lane.running = false
    this.#running -= 1
    this.#leaveGate(lane)
  }

  #leaveGate(lane: Lane): void {
    const gate = this.#gate(lane.target)
    if (gate) gate.running -= 1
  }
}

const FRESH = { target: undefined, running: false, woken: false, singles: 0, failures: 0, notBefore: 0 }
const laneKey = (instanceId: string, chatKey: string) => `${instanceId} ${chatKey}`
