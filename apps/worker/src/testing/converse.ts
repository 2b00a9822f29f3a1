import type { Envelope } from '@carteiro/contracts/envelope'
import { FlowDefinition } from '@carteiro/contracts/flow'
import { DEFAULT_FLOW } from '@carteiro/domain/flow/default-flow'
import { putFlow } from '@carteiro/domain/flow/put-flow'
import { messageEnvelope } from '@carteiro/domain/testing/envelopes'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { enqueueInbound } from '@carteiro/queue/enqueue-inbound'
import { INBOUND_SHARDS } from '@carteiro/queue/jobs'
import { createRegistry } from '@carteiro/runtime/metrics'
import { processBatch } from '../features/inbound/process-batch.ts'
import { createReport } from '../report.ts'

export const GREETING = 'Hi \u{1F44B} I\u0027m ABCai from Al Ain Business Center.'
export const SERVICE = 'How can I help you today?'
export const NAME = 'May I know your full name, please?'
export const NATIONALITY = 'What is your nationality?'
export const HANDOFF = DEFAULT_FLOW.handoff?.text

/** For tests: customers who write, what is stored of it, and what they are answered. */
export async function startConversations(t: Parameters<typeof startDomain>[0]) {
  const domain = await startDomain(t)
  const registry = createRegistry()
  const dependencies = {
    ...domain,
    report: createReport(registry, domain.logger),
    config: { INBOUND_MAX_ATTEMPTS: 3 },
  }
  const { db } = domain
  return {
    domain,
    registry,
    dependencies,
    turnOn: (changes: object = {}, tenantId = 'acme') =>
      putFlow(domain, {
        ...{ tenantId, actor: 'test', requestId: 'request-1' },
        definition: FlowDefinition.parse({ ...DEFAULT_FLOW, enabled: true, ...changes }),
      }),
    said: (phone: string, text: string, fields: object = {}) =>
      messageEnvelope({ phone, text, timestamp: new Date().toISOString(), ...fields }),
    store: async (...envelopes: Envelope[]): Promise<void> => {
      await enqueueInbound(domain.queue, envelopes)
      for (let shard = 0; shard < INBOUND_SHARDS; shard++) await processBatch(dependencies, shard)
    },
    ticketOf: (phone: string) =>
      db
        .selectFrom('ticket')
        .innerJoin('contact', 'contact.id', 'ticket.contact_id')
        .selectAll('ticket')
        .where('contact.phone', '=', phone)
        .where('ticket.status', '<>', 'closed')
        .executeTakeFirstOrThrow(),
    /** What stands in a ticket as said by us, in order. */
    answersIn: async (ticketId: string) =>
      (
        await db
          .selectFrom('message')
          .select('text')
          .where('ticket_id', '=', ticketId)
          .where('direction', '=', 'outbound')
          .orderBy('number')
          .execute()
      ).map(({ text }) => text),
    countTurns: async () => (await db.selectFrom('flow_turn').selectAll().execute()).length,
  }
}
