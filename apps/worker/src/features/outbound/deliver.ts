import type { ClaimedDelivery } from '@carteiro/domain/outbox/claim'
import type { AttemptOutcome } from '@carteiro/domain/outbox/settle'
import type { Dependencies } from '../../dependencies.ts'
import type { Send } from './send-by-broker.ts'
import type { Settler } from './settle-groups.ts'

export type DeliverDependencies = Pick<Dependencies, 'logger' | 'report'> & {
  config: Pick<Dependencies['config'], 'OUTBOX_BATCH_SIZE' | 'OUTBOX_CLAIM_SECONDS'>
  send: Send
  settler: Settler
}

/**
 * One attempt, from the channel to its record.
 *
 * @param onAnswer called when the channel has answered: it may be given the next message
 */
export async function deliver(
  dependencies: DeliverDependencies,
  delivery: ClaimedDelivery,
  onAnswer: () => void,
): Promise<void> {
  const { config, report, settler } = dependencies
  const claimEndsAt = performance.now() + config.OUTBOX_CLAIM_SECONDS * 1_000
  const outcome = await attempt(dependencies, delivery)
  onAnswer()
  const result = await settler.settle(delivery, outcome, claimEndsAt)
  if (result) report.attempted(delivery, outcome, result)
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
