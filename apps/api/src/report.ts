import type { Logger } from '@carteiro/runtime/logger'
import {
  boundedLabel,
  Counter,
  Gauge,
  Histogram,
  LATENCY_BUCKETS,
  type Registry,
} from '@carteiro/runtime/metrics'

/** Every metric and business log line of the API: one of each per business event, made here alone. */
export type Report = ReturnType<typeof createReport>

/** What a webhook brought: what was taken, passed over and refused. */
export interface WebhookOutcome {
  envelopes: { instanceId: string; kind: string }[]
  ignored: { type: string }[]
  rejected: { reason: string; instanceId?: string }[]
}

export function createReport(registry: Registry, logger: Logger) {
  const registers = [registry]
  const instanceLabel = boundedLabel(200)
  const webhookEvents = new Counter({
    name: 'whatsapp_webhook_events_total',
    help: 'Events that webhooks brought, by what became of them',
    labelNames: ['origin', 'instance_id', 'result', 'reason', 'payload_type'],
    registers,
  })
  const webhookSeconds = new Histogram({
    name: 'whatsapp_webhook_duration_seconds',
    help: 'Time from a webhook to its answer, after the commit',
    buckets: LATENCY_BUCKETS,
    registers,
  })
  const realtimeSeconds = new Histogram({
    name: 'whatsapp_realtime_latency_seconds',
    help: 'Time from an event being stored to its being emitted',
    buckets: LATENCY_BUCKETS,
    registers,
  })
  const emits = new Counter({
    name: 'ws_emit_total',
    help: 'Events emitted on Socket.IO',
    labelNames: ['event'],
    registers,
  })
  const connections = new Gauge({ name: 'ws_connections', help: 'Open Socket.IO connections', registers })

  // An instance id that a stranger made up must not become a label, so only ours do.
  const countEvent = (result: string, reason: string, payloadType: string, instanceId?: string) =>
    webhookEvents.inc({
      origin: 'broker',
      instance_id: instanceId === undefined ? 'unknown' : instanceLabel(instanceId),
      result,
      reason,
      payload_type: payloadType,
    })

  return {
    webhookEvents: (requestId: string, { envelopes, ignored, rejected }: WebhookOutcome) => {
      for (const { instanceId, kind } of envelopes) countEvent('accepted', 'ok', kind, instanceId)
      for (const _event of ignored) countEvent('ignored', 'not_taken', 'other')
      for (const { reason, instanceId } of rejected) {
        countEvent('rejected', reason, 'other')
        logger.warn({ requestId, instanceId, reason }, 'webhook event rejected')
      }
    },
    webhookAnswered: (seconds: number) => webhookSeconds.observe(seconds),
    messageAccepted: (entry: { requestId: string; tenantId: string; messageId: string; repeated: boolean }) =>
      logger.info(entry, entry.repeated ? 'outbound message repeated' : 'outbound message accepted'),
    eventEmitted: (type: string, storedAt: Date) => {
      emits.inc({ event: type })
      realtimeSeconds.observe(Math.max(0, Date.now() - storedAt.getTime()) / 1000)
    },
    connected: () => connections.inc(),
    disconnected: () => connections.dec(),
  }
}
