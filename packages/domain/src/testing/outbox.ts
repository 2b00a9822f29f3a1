import { type ClaimedDelivery, claim } from '../outbox/claim.ts'
import { type OutboundRequest, queueMessage } from '../outbox/queue-message.ts'
import { readOutboundMessage } from '../outbox/read.ts'
import type { AttemptFailed, AttemptTaken } from '../outbox/settle.ts'
import { agree } from './agree.ts'
import { outboundRequest } from './outbound-request.ts'
import type { TestDomain } from './start-domain.ts'

/** What a channel answers, for tests. */
export const sentOf = ({ id }: { id: string }): AttemptTaken => ({
  status: 'sent',
  providerMessageId: `3EB0-${id}`,
  response: { ok: true },
})
export const BROKEN: AttemptFailed = {
  status: 'failed',
  fault: 'channel',
  code: 'BROKER_ERROR',
  message: 'broken',
}

/** The outbox of `acme-phone`, for tests: accept, claim, look. */
export const openOutbox = (domain: TestDomain) => ({
  /** A campaign's recipient has agreed to it. @returns the message's id */
  enqueue: async (fields: Partial<OutboundRequest> & { text?: string } = {}): Promise<string> => {
    const request = outboundRequest(fields)
    if (request.purpose === 'marketing') await agree(domain, request.to, 'marketing')
    const result = await queueMessage(domain, request)
    if (result.status !== 'queued') throw new Error(`not queued: ${result.status}`)
    return result.id
  },
  claimAll: (limit = 50, instance = { tenantId: 'acme', instanceId: 'acme-phone' }) =>
    claim(domain, { ...instance, limit, claimSeconds: 60 }),
  read: (id: string) => readOutboundMessage(domain.db, { tenantId: 'acme', id }),
})

/** @throws when it is not exactly one */
export function onlyOne(claimed: ClaimedDelivery[]): ClaimedDelivery {
  const [delivery, ...others] = claimed
  if (!delivery || others.length > 0) throw new Error(`expected one claim, not ${claimed.length}`)
  return delivery
}
