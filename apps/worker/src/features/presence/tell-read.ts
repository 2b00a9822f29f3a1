import type { BrokerClient } from '@carteiro/broker-client/broker-client'
import type { ClaimedReadMark } from '@carteiro/domain/presence/claim-read-marks'
import type { ReadMarkOutcome } from '@carteiro/domain/presence/settle-read-mark'
import { type AskMeta, markReadAtMeta } from './ask-meta.ts'

/** How telling ended; `code` says why it did not succeed. */
export interface TellResult {
  outcome: ReadMarkOutcome
  code?: string
}

export interface TellDependencies extends AskMeta {
  /** Absent while none is configured. */
  broker: Pick<BrokerClient, 'markRead' | 'setPresence'> | undefined
}

/** Tells WhatsApp that messages were read. Telling it twice changes nothing; it never throws for what a channel may do. */
export async function tellRead(dependencies: TellDependencies, mark: ClaimedReadMark): Promise<TellResult> {
  const newest = mark.messageIds.at(-1)
  if (newest === undefined) return { outcome: 'told' }
  if (mark.transport === 'cloud') {
    return await markReadAtMeta(dependencies, mark, { id: newest, typing: false })
  }
  return await tellByBroker(dependencies, mark)
}

async function tellByBroker(
  { broker }: TellDependencies,
  { instanceId, ticketId, messageIds, to }: ClaimedReadMark,
): Promise<TellResult> {
  if (!broker) return { outcome: 'later', code: 'TRANSPORT_NOT_CONFIGURED' }
  const messages = { messageIds, ...(to === null ? {} : { to }) }
  const result = await broker.markRead(instanceId, messages, { requestId: ticketId })
  if (result.status === 'done') return { outcome: 'told' }
  return { outcome: result.fault === 'message' ? 'dropped' : 'later', code: result.code }
}
