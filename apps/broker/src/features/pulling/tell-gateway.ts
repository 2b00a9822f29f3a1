import type { GatewayClient, Reported } from './gateway-client.ts'
import type { PulledMessages, PulledReport } from './pulled-messages.ts'
import type { PullReport } from './report.ts'

export interface TellOptions {
  client: GatewayClient
  messages: PulledMessages
  report: PullReport
}

const PAGE = 50
const AT_ONCE = 4
/** The gateway has a new offer of it that it was not told of yet. */
const NEEDS_ACK = ['not_acked', 'claim_ended']

/**
 * Tells the gateway what became of messages, oldest first. What it could not be told stays written down, and is told
 * again in the next round.
 *
 * @returns whether there is more to tell at once
 */
export async function tellGateway(options: TellOptions): Promise<boolean> {
  const waiting = await options.messages.reports(PAGE)
  let isReachable = true
  const queue = [...waiting]
  const tellNext = async () => {
    for (let one = queue.shift(); one && isReachable; one = queue.shift()) {
      isReachable = await tell(options, one)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, tellNext))
  return isReachable && waiting.length === PAGE
}

/** @returns whether the gateway answered */
async function tell({ client, messages, report }: TellOptions, one: PulledReport): Promise<boolean> {
  const { messageId } = one
  let answer = await post(client, one)
  if (answer.kind === 'refused' && NEEDS_ACK.includes(answer.reason)) {
    const acked = await client.ack(messageId)
    if (acked.kind === 'done') answer = await post(client, one)
  }
  if (answer.kind === 'later') {
    report.reportWaits(messageId, answer.message)
    return false
  }
  if (answer.kind === 'refused') report.reportRefused(messageId, answer.message)
  // It is offered again where it was not taken, and told of again then.
  await messages.reported(one)
  return true
}

const post = (client: GatewayClient, { messageId, externalId, failure }: PulledReport): Promise<Reported> =>
  externalId === null ? client.fail(messageId, failure) : client.confirm(messageId, { externalId })

/** Says again of what is under way that it is ours, so that the gateway offers it to nobody else. */
export async function ackAgain({ client, messages }: TellOptions, olderThanSeconds: number): Promise<void> {
  for (const { idempotencyKey, messageId } of await messages.toAckAgain(olderThanSeconds)) {
    const answer = await client.ack(messageId)
    if (answer.kind === 'later') return
    await messages.acked(idempotencyKey)
  }
}
