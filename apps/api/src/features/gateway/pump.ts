import type { ServerResponse } from 'node:http'
import { type Reader, readStanding } from '@carteiro/domain/gateway/readers'
import { type Offer, takeOffers } from '@carteiro/domain/gateway/take-offers'
import { readNextDue } from '@carteiro/domain/outbox/due'
import { LaneMark } from '@carteiro/domain/outbox/lane-mark'
import { recoverStale } from '@carteiro/domain/outbox/recover'
import { settle } from '@carteiro/domain/outbox/settle'
import type { LinkOf } from '@carteiro/domain/uploads/link'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import type { Dependencies } from '../../dependencies.ts'
import { toFrame } from './to-frame.ts'

export interface PumpOptions {
  reader: Reader
  instanceIds: string[]
  raw: ServerResponse
  /** Opens uploads to the adapter. */
  linkOf: LinkOf | undefined
  /** A newer stream of the same key serves one of the instances. */
  onReplaced: () => void
}

/** Gives one stream what may leave of its instances. */
export interface Pump {
  /** There may be something of this instance; left out, of any. */
  wake(instanceId?: string): void
  /** Claims no more. */
  stop(): Promise<void>
}

interface InstanceState {
  mark: LaneMark
  timer?: NodeJS.Timeout | undefined
}

/** Claimed at once: no more than this waits in memory for a reader that is slow. */
const AT_ONCE = 10
/** Messages of an instance that an adapter may have and not have settled; the others stay where others can take them. */
const MAX_HELD = 50
const AFTER_ERROR_MS = 500
/** What is due and was not claimed is in another stream's hands. */
const AFTER_NOTHING_MS = 20
/** A claim that has ended is held by who settles it just now. */
const AFTER_ENDED_MS = 1_000
const MAX_TIMER_MS = 3_600_000

/**
 * One claim at a time, so that the numbers of a stream rise, and none while its reader has not taken what was written.
 * Woken by the instance's events, by a timer on the next time that something may leave or that a claim ends, and when
 * the reader reads on.
 */
export function createPump(
  dependencies: Pick<Dependencies, 'db' | 'notifier' | 'logger' | 'report' | 'retryPolicy'>,
  { reader, instanceIds, raw, linkOf, onReplaced }: PumpOptions,
): Pump {
  const { db, logger, report } = dependencies
  const { tenantId, keyId } = reader
  const states = new Map<string, InstanceState>(instanceIds.map((id) => [id, { mark: new LaneMark() }]))
  const due = new Set<string>()
  let running: Promise<void> | undefined
  let isStopped = false

  const mayGive = () => !isStopped && !raw.writableEnded && !raw.destroyed
  const takesMore = () => mayGive() && !raw.writableNeedDrain

  const wake = (instanceId?: string): void => {
    if (!mayGive()) return
    for (const id of instanceId === undefined ? instanceIds : [instanceId]) {
      if (states.has(id)) due.add(id)
    }
    running ??= run().finally(() => {
      running = undefined
      if (due.size > 0 && takesMore()) wake()
    })
  }

  const wakeIn = (instanceId: string, state: InstanceState, inMs: number): void => {
    clearTimeout(state.timer)
    if (isStopped) return
    state.timer = setTimeout(() => wake(instanceId), Math.min(inMs, MAX_TIMER_MS))
  }

  async function run(): Promise<void> {
    for (const [instanceId, state] of turns()) {
      try {
        await offer(instanceId, state)
      } catch (error) {
        logger[isDatabaseUnavailable(error) ? 'warn' : 'error'](
          { err: error, tenantId, instanceId },
          'messages could not be offered, trying again',
        )
        wakeIn(instanceId, state, AFTER_ERROR_MS)
      }
    }
  }

  /** Instances take turns, for as long as the reader takes what it is given. */
  function* turns(): Generator<[string, InstanceState]> {
    while (takesMore()) {
      const [instanceId] = due
      const state = instanceId === undefined ? undefined : states.get(instanceId)
      if (instanceId === undefined || !state) return
      due.delete(instanceId)
      yield [instanceId, state]
    }
  }

  async function offer(instanceId: string, state: InstanceState): Promise<void> {
    const { isReader, held, endsInMs = MAX_TIMER_MS } = await readStanding(db, reader, instanceId)
    if (!mayGive()) return
    if (!isReader) return onReplaced()
    if (endsInMs <= 0) await recoverStale(dependencies, { tenantId, instanceId })
    const room = Math.min(AT_ONCE, MAX_HELD - held)
    const offers =
      room > 0
        ? await takeOffers(dependencies, { tenantId, instanceId, keyId, limit: room, mark: state.mark })
        : []
    for (const one of offers) await give(one)
    if (offers.length > 0 && offers.length === room) due.add(instanceId)
    const next = room > 0 ? await readNextDue(db, { tenantId, instanceId }, state.mark, 'pull') : undefined
    const ends = endsInMs <= 0 ? AFTER_ENDED_MS : endsInMs
    wakeIn(instanceId, state, Math.min(Math.max(next ?? MAX_TIMER_MS, AFTER_NOTHING_MS), ends))
  }

  /** What was claimed and cannot be written any more is offered again when its claim ends. */
  async function give({ seq, delivery }: Offer): Promise<void> {
    const frame = toFrame({ ...delivery, seq }, linkOf)
    if (typeof frame !== 'string') {
      await settle(dependencies, delivery, frame)
      return
    }
    if (!mayGive()) return
    raw.write(frame)
    report.offered({ ...delivery, seq })
  }

  return {
    wake,
    stop: async () => {
      isStopped = true
      for (const { timer } of states.values()) clearTimeout(timer)
      await running
    },
  }
}
