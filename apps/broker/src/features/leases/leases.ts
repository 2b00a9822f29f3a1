import { pause } from '@carteiro/runtime/lifecycle'
import type { HeldLease } from '../../held-lease.ts'
import { createInOrder } from '../../in-order.ts'
import type { Report } from '../../report.ts'
import { createAlarm } from './alarm.ts'
import { type Held, HeldLeases } from './held-leases.ts'
import type { LeaseActs, Round } from './lease-acts.ts'
import type { LeaseTimes } from './lease-times.ts'
import type { LoneProcess } from './lone-process.ts'

/** What is done with the instances that are held. */
export interface LeasedSessions {
  /** Starts the instance's session unless it runs. */
  start(instance: { id: string; name: string }, lease: HeldLease): void
  /** Resolves when its socket has ended. */
  stop(instanceId: string, reason: string): Promise<void>
  /** Whether somebody may be about to scan its code. */
  qr(instanceId: string): unknown
}

export interface LeasesDependencies {
  acts: LeaseActs
  lone: Pick<LoneProcess, 'ask' | 'proven'>
  sessions: LeasedSessions
  /** Resolves when what an instance's session told is written. */
  told: (instanceId: string) => Promise<void>
  /** Instances were taken: what their last holder left unpublished is published. */
  onTaken: () => Promise<void>
  report: Pick<
    Report,
    'leaseTaken' | 'leaseLost' | 'leaseGivenUp' | 'leasesAway' | 'leasesBack' | 'brokerTwin' | 'choreFailed'
  >
  times: LeaseTimes
  /** A monotonic clock, in milliseconds. */
  now: () => number
  /** The process is stopping: nothing more is taken. */
  stopping: AbortSignal
}

/** Soon after another broker's lease has run out. */
const AFTER_END_MS = 50

/**
 * The instances that this broker holds: takes its share of those that are wanted, renews its leases, starts and stops
 * the sessions with them.
 */
export class Leases {
  readonly #deps: LeasesDependencies
  readonly #held: HeldLeases
  readonly #alarm = createAlarm()
  readonly #inOrder = createInOrder()
  readonly #claims = createInOrder()
  readonly #stopped = new AbortController()
  #share = 0
  #handingOver = false
  #running: Promise<void> | undefined

  constructor(deps: LeasesDependencies) {
    this.#deps = deps
    this.#held = new HeldLeases({ now: deps.now, onExpired: (lease) => this.#lost(lease, 'expired') })
    deps.stopping.addEventListener('abort', () => this.#alarm.ring(), { once: true })
  }

  get size(): number {
    return this.#held.size
  }

  /** The instance's lease; `undefined` when this process must not send for it, nor write. Looked at now. */
  current(instanceId: string): HeldLease | undefined {
    return this.#held.current(instanceId)
  }

  /** Something may have changed: looks at once. */
  wake(): void {
    this.#alarm.ring()
  }

  start(): void {
    this.#running = this.#run()
  }

  /**
   * Takes an instance that is wanted unless another broker holds it, and starts its session.
   *
   * @returns whether it is held here
   */
  take({ id, name }: { id: string; name: string }): Promise<boolean> {
    return this.#inOrder.run(id, async () => {
      if (!this.#held.current(id)) await this.#claim(1, id)
      const lease = this.#held.current(id)
      if (lease) this.#deps.sessions.start({ id, name }, lease)
      return lease !== undefined
    })
  }

  /** Ends the instance's session, whose reason is told, and lets the other brokers have it. */
  giveUp(instanceId: string, reason: string): Promise<void> {
    return this.#inOrder.run(instanceId, () => this.#giveUp(instanceId, reason))
  }

  /** Gives up all that is still held; the sessions have ended before. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#running
    await this.#deps.acts.renew([], { leaving: true })
    const leases = this.#held.all().filter((lease) => this.#held.drop(lease))
    await this.#deps.acts.release(leases)
    for (const { instanceId } of leases) this.#deps.report.leaseGivenUp(instanceId, 'broker_stopped')
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    let away = false
    while (!signal.aborted) {
      let waitMs = this.#deps.times.retryEvery
      try {
        waitMs = await this.#round()
        if (away) this.#deps.report.leasesBack()
        away = false
      } catch (error) {
        if (!away) this.#deps.report.leasesAway(error)
        away = true
      }
      await this.#alarm.wait(waitMs, signal)
    }
  }

  async #round(): Promise<number> {
    const { acts, lone, times, stopping, now } = this.#deps
    lone.ask()
    const leases = this.#held.all()
    const sentAt = now()
    const round = await acts.renew(leases, { leaving: stopping.aborted })
    const kept = new Map(round.kept.map(({ instanceId, wanted }) => [instanceId, wanted]))
    this.#held.renew(
      leases.filter(({ instanceId }) => kept.has(instanceId)),
      this.#validUntil(sentAt),
    )
    for (const lease of leases) {
      const wanted = kept.get(lease.instanceId)
      if (wanted === undefined) this.#lose(lease)
      else if (!wanted) void this.#letGo(lease)
    }
    if (stopping.aborted) return times.renewEvery
    await this.#seekShare(round)
    const othersEnd = round.othersEndInMs === null ? Number.POSITIVE_INFINITY : round.othersEndInMs
    return Math.min(times.renewEvery, othersEnd + AFTER_END_MS)
  }

  async #seekShare({ wanted, live }: Round): Promise<void> {
    this.#share = Math.ceil(wanted / live)
    const room = this.#share - this.#held.size
    if (room > 0) await this.#claim(room)
    // Alone there is nobody to hand over to: what is too many here is not wanted any more, and let go.
    else if (room < 0 && live > 1) void this.#handOver()
  }

  /** One claim at a time: an adoption must know what is held. */
  async #claim(limit: number, only?: string): Promise<void> {
    await this.#claims.run('claim', async () => {
      const { acts, lone, now, stopping, sessions, report, onTaken } = this.#deps
      if (stopping.aborted) return
      const held = this.#held.all().map(({ instanceId }) => instanceId)
      const sentAt = now()
      const asked = only === undefined ? {} : { only }
      const taken = await acts.claim({ limit, held, adopt: lone.proven, ...asked })
      for (const claimed of taken) {
        const lease = this.#held.add(claimed, this.#validUntil(sentAt))
        // The answer may be older than the lease: a process that was stopped meanwhile takes nothing.
        if (!this.#held.isCurrent(lease)) continue
        report.leaseTaken(claimed)
        sessions.start({ id: claimed.instanceId, name: claimed.name }, lease)
      }
      if (taken.length > 0) {
        onTaken().catch((error: unknown) => report.choreFailed('publish what waits', error))
      }
    })
  }

  /** Hands over what is more than this broker's share, one instance after the other. */
  async #handOver(): Promise<void> {
    if (this.#handingOver) return
    this.#handingOver = true
    const { sessions, times, stopping, report } = this.#deps
    try {
      while (!stopping.aborted && this.#held.size > this.#share) {
        // Somebody is about to scan a code: that instance stays.
        const lease = this.#held.all().findLast(({ instanceId }) => !sessions.qr(instanceId))
        if (!lease) return
        await this.giveUp(lease.instanceId, 'handed_over')
        await pause(times.handOverEvery, stopping)
      }
    } catch (error) {
      report.choreFailed('hand over instances', error)
    } finally {
      this.#handingOver = false
    }
  }

  async #giveUp(instanceId: string, reason: string): Promise<void> {
    const { sessions, told, acts, report } = this.#deps
    const lease = this.#held.all().find((one) => one.instanceId === instanceId)
    await sessions.stop(instanceId, reason)
    if (!lease) return
    await told(instanceId)
    if (!this.#held.drop(lease)) return
    await acts.release([lease])
    report.leaseGivenUp(instanceId, reason)
  }

  /** Nobody wants the instance any more: its session ended by itself, or another broker was told so. */
  async #letGo(lease: Held): Promise<void> {
    const { acts, stopping, report } = this.#deps
    try {
      await this.#inOrder.run(lease.instanceId, async () => {
        // Somebody may have connected it meanwhile.
        const { kept } = await acts.renew([lease], { leaving: stopping.aborted })
        if (kept.some(({ wanted }) => !wanted)) {
          await this.#giveUp(lease.instanceId, 'disconnected_on_request')
        }
      })
    } catch (error) {
      report.choreFailed('give up an instance', error)
    }
  }

  #lose(lease: Held): void {
    if (this.#held.drop(lease)) this.#lost(lease, 'taken')
  }

  /** Closes its socket at once. */
  #lost({ instanceId }: Held, how: 'expired' | 'taken'): void {
    this.#deps.report.leaseLost(instanceId, how)
    void this.#deps.sessions.stop(instanceId, 'lease_lost')
  }

  #validUntil(sentAt: number): number {
    const { ttl, margin } = this.#deps.times
    return sentAt + ttl - margin
  }
}
