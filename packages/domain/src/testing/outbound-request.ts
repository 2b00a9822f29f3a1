import type { OutboundRequest } from '../outbox/queue-message.ts'

/** A request of tenant `acme` to one recipient, with what a test wants otherwise. */
export function outboundRequest(fields: Partial<OutboundRequest> & { text?: string } = {}): OutboundRequest {
  const { text = 'Hello', ...rest } = fields
  return {
    tenantId: 'acme',
    to: '+5511911110000',
    intent: { intent: 'text', text },
    maxAttempts: 6,
    actor: 'test',
    requestId: 'request-1',
    ...rest,
  }
}
