import type { ClaimedDelivery } from '@carteiro/domain/outbox/claim'
import { type AttemptOutcome, type SettleResult, settle } from '@carteiro/domain/outbox/settle'
import { pause } from '@carteiro/runtime/lifecycle'
import type { Dependencies } from '../../dependencies.ts'
import type { Send } from './send-by-broker.ts'

export type DeliverDependencies = Pick<
  Dependencies,
  'config' | 'db' | 'lifecycle' | 'logger' | 'notifier' | 'report' | 'retryPolicy'
> & { send: Send }

const SETTLE_AGAIN_MS = 250

/** One attempt, from the channel to its record. */
export async function deliver(dependencies: DeliverDependencies, delivery: ClaimedDelivery): Promise<void> {
  const claimEndsAt = Date.now() + dependencies.config.OUTBOX_CLAIM_SECONDS * 1_000
  const outcome = await attempt(dependencies, delivery)
  const result = await settleUntil(claimEndsAt, dependencies, delivery, outcome)
  if (result) dependencies.report.attempted(delivery, outcome, result)
}

async function attempt(
  { send, logger }: DeliverDependencies,
  delivery: ClaimedDelivery,
): Promise<AttemptOutcome> {
  try {
    return await send(delivery)
  } catch (error) {
    logger.error({ err: error, messageId: delivery.id }, 'the channel failed in a way that it should not')
    return {
      status: 'failed',
      fault: 'unknown',
      code: 'UNKNOWN_ERROR',
      message: 'The channel failed unexpectedly.',
    }
  }
}

/** While the database is away the outcome is kept; once the claim has ended, recovery owns the message. */
async function settleUntil(
  claimEndsAt: number,
  dependencies: DeliverDependencies,
  delivery: ClaimedDelivery,
  outcome: AttemptOutcome,
): Promise<SettleResult | undefined> {
  while (Date.now() < claimEndsAt) {
    try {
      return await settle(dependencies, delivery, outcome)
    } catch (error) {
      dependencies.logger.warn(
        { err: error, messageId: delivery.id },
        'outcome not recorded yet, trying again',
      )
      if (!(await pause(SETTLE_AGAIN_MS, dependencies.lifecycle.signal))) break
    }
  }
  return undefined
}
