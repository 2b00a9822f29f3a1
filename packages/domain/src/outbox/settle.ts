import type { Fault } from '@carteiro/contracts/delivery'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { absorbEcho } from './absorb-echo.ts'
import type { ClaimedDelivery } from './claim.ts'
import { applyEarlyNews } from './early-news.ts'
import { lockFreeLanes, lockLanes, readyLanes } from './lane.ts'
import { recordOutcomes, type SettledRow } from './record-outcomes.ts'
import type { Failure, RetryPolicy } from './retry-policy.ts'
import { tellInstances } from './tell-instances.ts'
import { tellTransitions, updateMessages } from './transition.ts'

/** How an attempt ended, as the channel told it. */
export type AttemptOutcome = AttemptTaken | AttemptFailed

/** `sent`: WhatsApp's server acknowledged it. `pending`: it was handed over, and no acknowledgement came yet. */
export interface AttemptTaken {
  status: 'sent' | 'pending'
  providerMessageId: string
  response: unknown
}

export interface AttemptFailed {
  status: 'failed'
  fault: Fault
  code: string
  message: string
  /** The channel asked to be left alone for so long. */
  retryAfterSeconds?: number | undefined
  /** What follows where the fault would say otherwise; see `Failure`. */
  next?: Failure['next']
  response?: unknown
}

/** An attempt that ended, and how. */
export interface Settlement {
  delivery: ClaimedDelivery
  outcome: AttemptOutcome
}

/**
 * What was recorded. `stale`: the claim had ended and the delivery went on without this attempt; its outcome
 * changes nothing (the broker's ledger keeps it from showing twice).
 */
export type SettleResult = { status: 'SENT' | 'SENDING' | 'QUEUED' | 'FAILED' | 'stale' }

type SettleDependencies = CommitDependencies & { retryPolicy: RetryPolicy }

/** Records how one attempt ended. */
export async function settle(
  dependencies: SettleDependencies,
  delivery: ClaimedDelivery,
  outcome: AttemptOutcome,
): Promise<SettleResult> {
  const [result] = await settleAll(dependencies, [{ delivery, outcome }])
  if (!result || result.status === 'busy') throw new Error('a settlement alone waits for its lane')
  return { status: result.status }
}

/**
 * Records how attempts ended, in one transaction: SENT, QUEUED for later, FAILED; `pending` leaves a delivery SENDING
 * until its claim ends. One conditional UPDATE decides; the lanes' next heads are readied after it.
 *
 * @returns in the order of the settlements. `busy`: somebody else holds its lane just now, settle it with the next
 * ones; a settlement alone waits for its lane instead
 */
export async function settleAll(
  dependencies: SettleDependencies,
  settlements: Settlement[],
): Promise<(SettleResult | { status: 'busy' })[]> {
  return commit(dependencies, async (work) => {
    const mine = await lockThese(work, settlements)
    const rows = await recordOutcomes(work, mine, dependencies.retryPolicy)
    await tell(work, rows)
    await tellInstances(work, ofThese(mine, rows), dependencies.retryPolicy.waitingSeconds)
    const locked = new Set(mine)
    const settled = new Map(rows.map((row) => [row.index, row]))
    return settlements.map((settlement) => {
      if (!locked.has(settlement)) return { status: 'busy' }
      return { status: settled.get(mine.indexOf(settlement))?.state ?? 'stale' }
    })
  })
}

/** Several take only lanes that are free: who takes lanes one by one, as receipts do, never waits for us in a ring. */
async function lockThese({ transaction }: UnitOfWork, settlements: Settlement[]): Promise<Settlement[]> {
  const lanes = settlements.map(({ delivery }) => delivery)
  if (lanes.length === 1) {
    await lockLanes(transaction, lanes)
    return settlements
  }
  const free = new Set(await lockFreeLanes(transaction, lanes))
  return settlements.filter(({ delivery }) => free.has(delivery))
}

async function tell(work: UnitOfWork, rows: SettledRow[]): Promise<void> {
  if (rows.length === 0) return
  const moved = rows.filter(({ state }) => state !== 'SENDING')
  const pending = rows.filter(({ state }) => state === 'SENDING')
  // In a statement of its own, after the settlement: it must see the state that it left behind.
  await readyLanes(work.transaction, moved.map(laneOfRow))
  for (const row of rows) if (row.has_echo) await absorbEcho(work, row)
  if (pending.length > 0) await updateMessages(work, pending)
  await tellTransitions(work, moved)
  await applyEarlyNews(
    work,
    rows.filter(({ taken }) => taken),
  )
}

/** The settlements that these rows came of. */
const ofThese = (mine: Settlement[], rows: SettledRow[]): Settlement[] =>
  rows.map(({ index }) => mine[index]).filter((settlement) => settlement !== undefined)

const laneOfRow = (row: SettledRow) => ({
  tenantId: row.tenant_id,
  instanceId: row.instance_id,
  lane: row.lane,
})
