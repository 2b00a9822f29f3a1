import { createLogger } from '@carteiro/runtime/logger'
import { createRegistry, type Registry } from '@carteiro/runtime/metrics'
import t from 'tap'
import { createReport as createApiReport } from '../apps/api/src/report.ts'
import { createPullReport } from '../apps/broker/src/features/pulling/report.ts'
import { createReport as createBrokerReport } from '../apps/broker/src/report.ts'
import { createReport as createWorkerReport } from '../apps/worker/src/report.ts'

/** What dashboards in the field draw: names, and the labels that they group by. */
const METRICS: Record<string, string[]> = {
  whatsapp_webhook_events_total: ['origin', 'instance_id', 'result', 'reason', 'payload_type'],
  whatsapp_webhook_duration_seconds: [],
  whatsapp_inbound_latency_seconds: [],
  whatsapp_realtime_latency_seconds: [],
  whatsapp_dedupe_hits_total: ['layer'],
  whatsapp_outbound_total: ['instance_id', 'status', 'intent'],
  whatsapp_outbound_latency_seconds: ['stage'],
  whatsapp_outbox_attempts_total: ['outcome', 'fault'],
  whatsapp_broker_instances: ['status'],
  whatsapp_socket_reconnects_total: ['reason'],
  whatsapp_decrypt_failures_total: [],
  whatsapp_journal_pending: [],
  ws_emit_total: ['event'],
  ws_connections: [],
  sse_connections: [],
  whatsapp_gateway_reconnects_total: [],
  whatsapp_gateway_latency_seconds: ['stage'],
  whatsapp_flow_replies_total: ['question'],
  whatsapp_flow_sanitized_total: [],
}

const logger = createLogger('test', 'silent')

t.test('every metric that dashboards in the field draw is there, by its name and labels', async (t) => {
  const api = createRegistry()
  createApiReport(api, logger)
  const worker = createRegistry()
  createWorkerReport(worker, logger)
  const broker = createRegistry()
  createBrokerReport({ logger, registry: broker, countWaiting: async () => 0 })
  createPullReport({ logger, registry: broker })
  const find = (name: string) =>
    [api, worker, broker].map((registry: Registry) => registry.getSingleMetric(name)).find(Boolean)
  for (const [name, labels] of Object.entries(METRICS)) {
    const metric = find(name)
    const own: unknown = metric && 'labelNames' in metric ? metric.labelNames : undefined
    t.same(own, labels, name)
  }
})
