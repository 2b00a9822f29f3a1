import type { Envelope } from '@carteiro/contracts/envelope'
import { type ParseRules, parseWebhook } from '../features/webhooks/parse-webhook.ts'
import { toEnvelope } from '../features/webhooks/to-envelope.ts'

export interface ReadWebhook {
  envelopes: Envelope[]
  /** Reasons, in order. */
  ignored: string[]
  rejected: string[]
}

export const RECEIVED_AT = new Date('2024-05-02T13:05:09.000Z')

/** What becomes of a body, as if every event were for the instance `acme-phone`. Pure. */
export function readWebhook(body: unknown, rules: Partial<ParseRules> = {}): ReadWebhook {
  const parsed = parseWebhook(Buffer.from(JSON.stringify(body)), {
    rawFallback: true,
    ownMessages: false,
    ...rules,
  })
  if (typeof parsed === 'string') throw new Error(`the body is ${parsed}`)
  const arrival = {
    tenantId: 'acme',
    instanceId: 'acme-phone',
    receivedAt: RECEIVED_AT,
    requestId: 'request-1',
  }
  const envelopes = parsed.events.map(({ draft }) => toEnvelope(draft, arrival))
  return {
    envelopes: envelopes.filter((envelope) => envelope !== undefined),
    ignored: parsed.ignored.map(({ reason }) => reason),
    rejected: [
      ...parsed.rejected.map(({ reason }) => reason),
      ...envelopes.flatMap((envelope) => (envelope ? [] : ['refused by our own contract'])),
    ],
  }
}
