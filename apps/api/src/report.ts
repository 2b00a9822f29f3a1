import type { Logger } from '@carteiro/runtime/logger'
import {
  boundedLabel,
  Counter,
  Gauge,
  Histogram,
  LATENCY_BUCKETS,
  type Registry,
} from '@carteiro/runtime/metrics'

/** How events leave: by Socket.IO, as a stream (SSE), or as a hint to a gateway's stream that there is a message. */
export type RealtimeDoor = 'socket' | 'stream' | 'gateway'

/** Every metric and business log line of the API: one of each per business event, made here alone. */
export type Report = ReturnType<typeof createReport>

/** What a webhook brought: what was taken, passed over and refused. */
export interface WebhookOutcome {
  /** Who posted: a broker, unless it says otherwise. */
  origin?: 'broker' | 'cloud'
  envelopes: { instanceId: string; kind: string; countedAs?: 'ok' | 'raw_inbound_normalized' }[]
  /** `reason` in full, for the log: it is counted in fewer words. */
  ignored: { type: string; reason?: string }[]
  rejected: { reason: string; instanceId?: string; details?: unknown }[]
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
  const mediaMissing = new Counter({
    name: 'media_missing_total',
    help: 'Files that were asked for, are known to the database and are not in the storage',
    registers,
  })
  const uploads = new Counter({
    name: 'whatsapp_uploads_total',
    help: 'Files that were uploaded: kept, or refused by the code of the answer',
    labelNames: ['result'],
    registers,
  })
  const unscanned = new Counter({
    name: 'whatsapp_upload_scan_failures_total',
    help: 'Uploads of which the virus scanner gave no verdict',
    registers,
  })
  const realtimeSeconds = new Histogram({
    name: 'whatsapp_realtime_latency_seconds',
    help: 'Time from an event being stored to its being told to those who listen',
    buckets: LATENCY_BUCKETS,
    registers,
  })
  const emits = new Counter({
    name: 'ws_emit_total',
    help: 'Events told to Socket.IO connections, each counted for each of them',
    labelNames: ['event'],
    registers,
  })
  const connections = {
    socket: new Gauge({ name: 'ws_connections', help: 'Open Socket.IO connections', registers }),
    stream: new Gauge({ name: 'sse_connections', help: 'Open event streams', registers }),
    gateway: new Gauge({
      name: 'gateway_connections',
      help: 'Open streams of messages to adapters',
      registers,
    }),
  }
  const gatewaySeconds = new Histogram({
    name: 'whatsapp_gateway_latency_seconds',
    help: 'Time from when a message may leave to its first offer to an adapter',
    labelNames: ['stage'],
    buckets: LATENCY_BUCKETS,
    registers,
  })
  const replayed = new Counter({
    name: 'realtime_replayed_events_total',
    help: 'Events read to connections from the log, because they were away or too slow',
    labelNames: ['door'],
    registers,
  })
  const slow = new Counter({
    name: 'realtime_slow_connections_total',
    help: 'Times that a connection read so slowly that it was told nothing more for a while',
    labelNames: ['door'],
    registers,
  })

  // An instance id that a stranger made up must not become a label, so only ours do.
  const countEvent = (
    origin: string,
    result: string,
    reason: string,
    payloadType: string,
    instanceId?: string,
  ) =>
    webhookEvents.inc({
      origin,
      instance_id: instanceId === undefined ? 'unknown' : instanceLabel(instanceId),
      result,
      reason,
      payload_type: payloadType,
    })

  return {
    webhookEvents: (
      requestId: string,
      { origin = 'broker', envelopes, ignored, rejected }: WebhookOutcome,
    ) => {
      for (const { instanceId, kind, countedAs = 'ok' } of envelopes) {
        countEvent(origin, 'accepted', countedAs, kind, instanceId)
      }
      for (const event of ignored) countEvent(origin, ...toIgnoredLabels(event), 'other')
      for (const { reason } of rejected) countEvent(origin, 'rejected', reason, 'other')
      for (const { said, count } of alike(ignored.map(({ type, reason }) => ({ type, reason })))) {
        logger.debug({ requestId, count, ...said }, 'webhook events ignored')
      }
      for (const { said, count } of alike(rejected.map(toRejectedLine))) {
        logger.warn({ requestId, count, ...said }, 'webhook events rejected')
      }
    },
    /** A whole body was refused, by the code of its answer; nothing in it was looked at. */
    webhookRefused: (code: string, origin = 'broker') => {
      const reason = REFUSALS[code]
      if (reason !== undefined) countEvent(origin, 'rejected', reason, 'other')
    },
    webhookAnswered: (seconds: number) => webhookSeconds.observe(seconds),
    messageAccepted: (entry: { requestId: string; tenantId: string; messageId: string; repeated: boolean }) =>
      logger.info(entry, entry.repeated ? 'outbound message repeated' : 'outbound message accepted'),
    messageActedOn: (entry: { requestId: string; tenantId: string; messageId: string; act: string }) =>
      logger.info(entry, 'outbound message acted on'),
    jobsNudged: (entry: { requestId: string; due: number; nudged: number }) =>
      logger.info(entry, 'outbound jobs nudged'),
    mediaMissing: (entry: { requestId: string; tenantId: string; messageId?: string; uploadId?: string }) => {
      mediaMissing.inc()
      logger.error(entry, 'bytes of a file are missing in the storage')
    },
    uploadKept: (entry: { requestId: string; tenantId: string; uploadId: string; size: number }) => {
      uploads.inc({ result: 'kept' })
      logger.info(entry, 'upload kept')
    },
    uploadRefused: (entry: { requestId: string; tenantId: string; code: string }) => {
      uploads.inc({ result: entry.code.toLowerCase() })
      logger.info(entry, 'upload refused')
    },
    scanFailed: ({ error, ...of }: { tenantId: string; uploadId: string; error: unknown }) => {
      unscanned.inc()
      logger.error({ ...of, err: error }, 'an upload could not be scanned')
    },
    uploadDeleted: (entry: { requestId: string; tenantId: string; uploadId: string }) =>
      logger.info(entry, 'upload deleted'),
    eventTold: (storedAt: Date) =>
      realtimeSeconds.observe(Math.max(0, Date.now() - storedAt.getTime()) / 1000),
    eventEmitted: (type: string, sockets: number) => emits.inc({ event: type }, sockets),
    replayed: (door: RealtimeDoor) => replayed.inc({ door }),
    tooSlow: (door: RealtimeDoor) => slow.inc({ door }),
    offered: ({ id: messageId, seq, attempt, dueSince, ...of }: OfferTold) => {
      const { tenantId, instanceId } = of
      if (attempt === 1) {
        gatewaySeconds.observe(
          { stage: 'due_to_offered' },
          Math.max(0, Date.now() - dueSince.getTime()) / 1000,
        )
      }
      logger.debug({ tenantId, instanceId, messageId, seq, attempt }, 'message offered to an adapter')
    },
    /** An adapter acknowledged, confirmed or failed a message. */
    reported: (entry: { tenantId: string; messageId: string; act: string }) =>
      logger.debug(entry, 'adapter reported of a message'),
    connected: (door: RealtimeDoor) => connections[door].inc(),
    disconnected: (door: RealtimeDoor) => connections[door].dec(),
  }
}

interface OfferTold {
  tenantId: string
  instanceId: string
  id: string
  seq: number
  attempt: number
  dueSince: Date
}

const REFUSALS: Record<string, string> = {
  INVALID_API_KEY: 'invalid_api_key',
  INSUFFICIENT_SCOPE: 'invalid_api_key',
  INVALID_SIGNATURE: 'invalid_signature',
  INVALID_WEBHOOK_JSON: 'invalid_json',
  PAYLOAD_TOO_LARGE: 'invalid_contract',
}

/** Dashboards in the field know these words: with the fallback off, a raw event counts as accepted. */
function toIgnoredLabels({
  type,
  reason,
}: WebhookOutcome['ignored'][number]): [result: string, reason: string] {
  if (reason === 'fallback_off') return ['accepted', 'raw_baileys_event']
  if (reason !== undefined && reason !== 'unknown_event') return ['ignored', 'raw_inbound_ignored']
  return ['ignored', type.startsWith('WHATSAPP_') ? 'raw_baileys_event' : 'ok']
}

/** A transport's own error is news of its own; other details stand in the answer. */
const toRejectedLine = ({ reason, instanceId, details }: WebhookOutcome['rejected'][number]) => ({
  reason,
  instanceId,
  ...(reason === 'provider_error' ? { details } : {}),
})

const MAX_LINES = 20
const MAX_SAID_CHARACTERS = 2_000

/** One log line for all that say the same; a body of thousands writes few lines, and none that is long. */
function alike<Said extends object>(all: Said[]): { said: Said | { cut: string }; count: number }[] {
  const lines = new Map<string, { said: Said | { cut: string }; count: number }>()
  for (const said of all) {
    const key = JSON.stringify(said)
    const line = lines.get(key)
    if (line) line.count++
    else if (lines.size < MAX_LINES) {
      const tooLong = key.length > MAX_SAID_CHARACTERS
      lines.set(key, { said: tooLong ? { cut: key.slice(0, MAX_SAID_CHARACTERS) } : said, count: 1 })
    }
  }
  return [...lines.values()]
}
