import { commit } from '@carteiro/domain/events/unit-of-work'
import { settle } from '@carteiro/domain/outbox/settle'
import { statusEnvelope } from '@carteiro/domain/testing/envelopes'
import { openOutbox, sentOf } from '@carteiro/domain/testing/outbox'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { createRegistry } from '@carteiro/runtime/metrics'
import t from 'tap'
import { createReport } from '../../report.ts'
import { applyEnvelopes } from '../inbound/apply-envelope.ts'
import { measureBacklog } from './measure-backlog.ts'

const domain = await startDomain(t)
const { enqueue, claimAll } = openOutbox(domain)

t.test('the metrics tell what has not left, and how long the others took', async (t) => {
  const registry = createRegistry()
  const report = createReport(registry, domain.logger)
  measureBacklog({ ...domain, registry })
  await enqueue({ to: '+5511911110001' })
  await enqueue({ to: '+5511911110001', scheduledAt: new Date(Date.now() + 3_600_000) })
  await enqueue({ to: '+5511911110002' })
  const [first] = await claimAll(1)
  const [second] = await claimAll(1)
  if (!first || !second) throw new Error('nothing claimed')
  await settle(domain, second, sentOf(second))
  report.attempted(second, sentOf(second), { status: 'SENT' })
  const receipt = statusEnvelope({ providerMessageId: `3EB0-${second.id}`, status: 'DELIVERED' })
  const [applied] = await commit(domain, (work) => applyEnvelopes(domain.queue, work, [receipt]))
  report.inboundApplied(receipt, applied ?? { status: 'nothing' })
  await enqueue({ to: '+5511911110003' })
  const text = await registry.metrics()
  for (const line of [
    'whatsapp_outbox_messages{state="QUEUED"} 1',
    'whatsapp_outbox_messages{state="SCHEDULED"} 1',
    'whatsapp_outbox_messages{state="SENDING"} 1',
    'whatsapp_outbound_latency_seconds_count{stage="accepted_to_sent"} 1',
    'whatsapp_outbound_latency_seconds_count{stage="sent_to_delivered"} 1',
    'whatsapp_outbox_attempts_total{outcome="sent",fault="none"} 1',
  ]) {
    t.ok(text.includes(line), line)
  }
  t.match(text, /whatsapp_outbox_oldest_seconds 0\.\d+|whatsapp_outbox_oldest_seconds \d/)
})
