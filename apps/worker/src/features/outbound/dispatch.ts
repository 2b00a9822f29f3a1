import { setImmediate as nextTurn } from 'node:timers/promises'
import { type ClaimedDelivery, claim } from '@carteiro/domain/outbox/claim'
import { readNextDue } from '@carteiro/domain/outbox/due'
import type { InstanceKey } from '@carteiro/domain/outbox/gate'
import { LaneMark } from '@carteiro/domain/outbox/lane-mark'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import { type DeliverDependencies, deliver } from './deliver.ts'
import { createSettler, type SettlerDependencies } from './settle-groups.ts'

export interface Dispatcher {
  /** There may be something to send for this instance. */
  wake(instance: InstanceKey): void
  /** There will be, in so many milliseconds. */
  wakeIn(instance: InstanceKey, inMs: number): void
  /** Claims no more, and waits for the claims and the sends that are under way. */
  stop(): Promise<void>
}

interface InstanceState {
  /** With the channel. */
  inFlight: number
  /** Those, and what the channel answered and is not recorded yet. */
  unsettled: number
  /** The last claim would have taken more, had there been room. */
  full: boolean
  claiming: boolean
  again: boolean
  mark: LaneMark
  timer: NodeJS.Timeout | undefined
}

const AFTER_ERROR_MS = 500
/** Answers that wait to be recorded: past it, the database is what everybody waits for. */
const MAX_UNSETTLED = 500
/** What is due and was not claimed is in another worker's hands. */
const AFTER_NOTHING_MS = 5
/** setTimeout's own limit is 24 days; the sweep looks again long before. */
const MAX_TIMER_MS = 3_600_000

export type DispatchDependencies = Omit<DeliverDependencies, 'settler'> & SettlerDependencies

/**
 * Keeps up to OUTBOX_BATCH_SIZE messages of each instance with the channel: each answer makes room for the next claim,
 * each record may ready the next head of its lane. Where there is room and nothing may leave, a timer waits for the
 * next time that something may: a lane's, or the instance's own pace. Instances do not wait for one another.
 */
export function createDispatcher(needs: DispatchDependencies): Dispatcher {
  const { config, db, lifecycle, logger } = needs
  const dependencies = { ...needs, settler: createSettler(needs) }
  const states = new Map<string, InstanceState>()
  const claims = new Set<Promise<void>>()
  const sends = new Set<Promise<void>>()

  const stateOf = ({ tenantId, instanceId }: InstanceKey): InstanceState => {
    const key = `${tenantId}/${instanceId}`
    const state = states.get(key) ?? {
      ...{ inFlight: 0, unsettled: 0, full: false },
      ...{ claiming: false, again: false, mark: new LaneMark(), timer: undefined },
    }
    states.set(key, state)
    return state
  }

  const wake = (instance: InstanceKey): void => {
    const state = stateOf(instance)
    if (lifecycle.signal.aborted) return
    state.again = true
    if (state.claiming) return
    const claiming = claimOn(instance, state).finally(() => claims.delete(claiming))
    claims.add(claiming)
  }

  const wakeIn = (instance: InstanceKey, inMs: number): void => {
    const state = stateOf(instance)
    clearTimeout(state.timer)
    if (lifecycle.signal.aborted) return
    state.timer = setTimeout(() => wake(instance), Math.min(inMs, MAX_TIMER_MS))
  }

  async function claimOn(instance: InstanceKey, state: InstanceState): Promise<void> {
    state.claiming = true
    try {
      while (state.again && !lifecycle.signal.aborted) {
        state.again = false
        // Everything that ended together makes room for one claim.
        await nextTurn()
        const room = Math.min(config.OUTBOX_BATCH_SIZE - state.inFlight, MAX_UNSETTLED - state.unsettled)
        state.full = room <= 0
        if (state.full) break
        const claimed = await claim(dependencies, {
          ...instance,
          limit: room,
          claimSeconds: config.OUTBOX_CLAIM_SECONDS,
          mark: state.mark,
        })
        for (const delivery of claimed) start(instance, state, delivery)
        state.full = claimed.length === room
        // Also beside messages that are on their way: the next slot does not wait for their answers.
        if (!state.full) await waitForNext(instance, state)
      }
    } catch (error) {
      logger[isDatabaseUnavailable(error) ? 'warn' : 'error'](
        { err: error, ...instance },
        'claiming failed, trying again',
      )
      wakeIn(instance, AFTER_ERROR_MS)
    } finally {
      state.claiming = false
      if (state.again) wake(instance)
    }
  }

  function start(instance: InstanceKey, state: InstanceState, delivery: ClaimedDelivery): void {
    state.inFlight++
    state.unsettled++
    const onAnswer = () => {
      state.inFlight--
      if (state.full) wake(instance)
    }
    const send = deliver(dependencies, delivery, onAnswer).finally(() => {
      state.unsettled--
      sends.delete(send)
      wake(instance)
    })
    sends.add(send)
  }

  async function waitForNext(instance: InstanceKey, { mark }: InstanceState): Promise<void> {
    const inMs = await readNextDue(db, instance, mark)
    if (inMs !== undefined) wakeIn(instance, Math.max(inMs, AFTER_NOTHING_MS))
  }

  return {
    wake,
    wakeIn,
    stop: async () => {
      for (const state of states.values()) clearTimeout(state.timer)
      // What a claim under way still gets is sent, too: nobody else may, until the claim ends.
      await Promise.all(claims)
      await Promise.all(sends)
    },
  }
}
