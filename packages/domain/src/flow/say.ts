import type { Queue } from '@carteiro/queue/queue'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { queueWithin } from '../outbox/queue-message.ts'
import { dedupeKeyOf } from './flow-key.ts'
import type { LockedTurn } from './lock-turn.ts'
import type { FlowReply } from './run-flow.ts'
import { sanitize } from './sanitize.ts'

export interface SayDependencies {
  queue: Queue
  /** Of a message that is sent automatically. */
  maxAttempts: number
}

/** What was said automatically, and to what. */
export interface Said {
  key: string
  dedupeKey: string
  messageId: string
  /** A list of services was taken out of it. */
  isSanitized: boolean
  isRepeated: boolean
}

/** An answer that left a day later would answer nothing. */
const EXPIRES_AFTER_MS = 24 * 3_600_000

/**
 * Says something to the customer of a turn: through the last gate of every automatic text, and through the outbox,
 * under the key that makes it one message.
 *
 * @throws when the outbox does not take it; the turn is undone then
 */
export async function say(
  work: UnitOfWork,
  { queue, maxAttempts }: SayDependencies,
  { turn, reply, policyExempt }: { turn: LockedTurn; reply: FlowReply; policyExempt?: boolean },
): Promise<Said> {
  const { contact, ticket, message, requestId } = turn
  const dedupeKey = dedupeKeyOf(ticket.id, message.provider_message_id, reply.key)
  const { text, isChanged } = sanitize(reply.text)
  const result = await queueWithin(work, queue, {
    tenantId: ticket.tenant_id,
    instanceId: ticket.instance_id,
    to: contact.phone ?? contact.lid ?? '',
    intent: { intent: 'text', text },
    idempotencyKey: dedupeKey,
    purpose: 'service',
    priority: 0,
    expiresAt: new Date(message.created_at.getTime() + EXPIRES_AFTER_MS),
    actor: 'flow',
    ...{ maxAttempts, policyExempt, requestId },
  })
  if (result.status !== 'queued' && result.status !== 'repeated') {
    throw new Error(`the outbox did not take ${dedupeKey}: ${result.status}`)
  }
  const isRepeated = result.status === 'repeated'
  return { key: reply.key, dedupeKey, messageId: result.id, isSanitized: isChanged, isRepeated }
}
