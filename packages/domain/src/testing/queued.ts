import type { Envelope } from '../outbox/queue-intents.ts'
import type { QueueMessageResult } from '../outbox/queue-message.ts'
import { outboundRequest } from './outbound-request.ts'
import type { TestDomain } from './start-domain.ts'

/** A message of `acme-phone` without its content, with what a test wants otherwise. */
export function envelope(fields: Partial<Envelope> = {}): Envelope {
  const { intent: _, ...request } = outboundRequest()
  return { ...request, instanceId: 'acme-phone', ...fields }
}

/** @throws Error when the message was not queued */
export function idOf(result: QueueMessageResult): string {
  if (result.status === 'queued' || result.status === 'repeated') return result.id
  throw new Error(`not queued: ${JSON.stringify(result)}`)
}

/** What was written of a message: its delivery's intent, and the message as lists show it. */
export const readQueued = ({ db }: Pick<TestDomain, 'db'>, result: QueueMessageResult) =>
  db
    .selectFrom('delivery')
    .innerJoin('message', 'message.id', 'delivery.id')
    .select(['delivery.intent', 'delivery.payload', 'message.type', 'message.text'])
    .where('delivery.id', '=', idOf(result))
    .executeTakeFirstOrThrow()

export const countDeliveries = async ({ db }: Pick<TestDomain, 'db'>): Promise<number> =>
  (await db.selectFrom('delivery').select('id').execute()).length
