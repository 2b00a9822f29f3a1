import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ClaimedDelivery } from '@carteiro/domain/outbox/claim'
import { type AttemptOutcome, type SettleResult, settleAll } from '@carteiro/domain/outbox/settle'
import { isNobodysFault } from '@carteiro/runtime/database-unavailable'
import { pause } from '@carteiro/runtime/lifecycle'
import type { Dependencies } from '../../dependencies.ts'

export type SettlerDependencies = Pick<
  Dependencies,
  'db' | 'lifecycle' | 'logger' | 'notifier' | 'retryPolicy'
>

export interface Settler {
  /** @returns what was recorded; `undefined` when the claim ended before it could be: recovery owns the message */
  settle(
    delivery: ClaimedDelivery,
    outcome: AttemptOutcome,
    claimEndsAt: number,
  ): Promise<SettleResult | undefined>
}

interface Waiting {
  delivery: ClaimedDelivery
  outcome: AttemptOutcome
  /** `performance.now()` of the claim's end. */
  claimEndsAt: number
  resolve: (result: SettleResult | undefined) => void
}

const MAX_GROUP = 100
const AGAIN_MS = 250

/**
 * Group commit of outcomes: what arrives while a settlement is under way is settled together after it. The busier the
 * process, the larger its groups. While the database is away the outcomes are kept until their claims end.
 */
export function createSettler(dependencies: SettlerDependencies): Settler {
  const waiting: Waiting[] = []
  let settling = false

  async function settleGroups(): Promise<void> {
    settling = true
    // What ends in this turn is one group already.
    await nextTurn()
    for (let size = MAX_GROUP; waiting.length > 0; ) {
      const group = waiting.splice(0, size)
      const again = await settleGroup(dependencies, group)
      waiting.push(...again)
      // Nothing moved, because others hold all of the lanes: the first one waits for its own.
      size = again.length === group.length ? 1 : MAX_GROUP
    }
    settling = false
  }

  return {
    settle: (delivery, outcome, claimEndsAt) => {
      const { promise, resolve } = Promise.withResolvers<SettleResult | undefined>()
      waiting.push({ delivery, outcome, claimEndsAt, resolve })
      if (!settling) void settleGroups()
      return promise
    },
  }
}

/** @returns those that are to be settled again: others hold their lanes, or the database is away */
async function settleGroup(dependencies: SettlerDependencies, group: Waiting[]): Promise<Waiting[]> {
  try {
    const results = await settleAll(dependencies, group)
    return group.filter((one, index) => {
      const result = results[index]
      if (!result || result.status === 'busy') return true
      one.resolve({ status: result.status })
      return false
    })
  } catch (error) {
    return recoverGroup(dependencies, group, error)
  }
}

/** One that cannot be stored must not keep its neighbours, so a group is settled one by one then. */
async function recoverGroup(
  dependencies: SettlerDependencies,
  group: Waiting[],
  error: unknown,
): Promise<Waiting[]> {
  const { lifecycle, logger } = dependencies
  if (isNobodysFault(error)) {
    logger.warn({ err: error, count: group.length }, 'outcomes not recorded yet, trying again')
    await pause(AGAIN_MS, lifecycle.signal)
    return giveUpLate(group, lifecycle.signal.aborted)
  }
  if (group.length > 1) {
    const again: Waiting[] = []
    for (const one of group) again.push(...(await settleGroup(dependencies, [one])))
    return again
  }
  for (const { delivery, resolve } of group) {
    logger.error({ err: error, messageId: delivery.id }, 'an outcome cannot be recorded')
    resolve(undefined)
  }
  return []
}

/** @returns those whose claims last */
function giveUpLate(group: Waiting[], stopping: boolean): Waiting[] {
  return group.filter((one) => {
    if (!stopping && performance.now() < one.claimEndsAt) return true
    one.resolve(undefined)
    return false
  })
}
