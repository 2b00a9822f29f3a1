import type { Fault } from '@carteiro/contracts/delivery'
import type { Envelope } from '@carteiro/contracts/envelope'
import type { ClaimedDownload } from '@carteiro/domain/media/claim-downloads'
import type { DownloadOutcome, SettleResult as MediaResult } from '@carteiro/domain/media/settle-download'
import type { ClaimedDelivery } from '@carteiro/domain/outbox/claim'
import type { AttemptOutcome, SettleResult } from '@carteiro/domain/outbox/settle'
import type { Logger } from '@carteiro/runtime/logger'
import {
  boundedLabel,
  Counter,
  Gauge,
  Histogram,
  LATENCY_BUCKETS,
  type Registry,
} from '@carteiro/runtime/metrics'
import type { Applied } from './features/inbound/apply-envelope.ts'
import { reportFlow } from './report-flow.ts'
import { reportPresence } from './report-presence.ts'
import { reportRetention } from './report-retention.ts'

/** Every metric and business log line of the worker: one of each per business event, made here alone. */
export type Report = ReturnType<typeof createReport>

export function createReport(registry: Registry, logger: Logger) {
  const registers = [registry]
  const instanceLabel = boundedLabel(200)
  const inboundSeconds = new Histogram({
    name: 'whatsapp_inbound_latency_seconds',
    help: 'Time from the webhook to the message being stored',
    buckets: LATENCY_BUCKETS,
    registers,
  })
  const duplicates = new Counter({
    name: 'whatsapp_dedupe_hits_total',
    help: 'Repetitions that changed nothing',
    labelNames: ['layer'],
    registers,
  })
  const deadLetters = new Counter({
    name: 'whatsapp_dead_letters_total',
    help: 'Envelopes that were set aside',
    registers,
  })
  const retries = new Counter({
    name: 'whatsapp_inbound_retries_total',
    help: 'Envelopes that could not be stored and are tried again later',
    registers,
  })
  const gaps = new Counter({
    name: 'whatsapp_inbound_gaps_total',
    help: 'Times that a broker saw that something was missing',
    labelNames: ['instance_id'],
    registers,
  })
  const outbound = new Counter({
    name: 'whatsapp_outbound_total',
    help: 'Outbound messages by the state that they reached',
    labelNames: ['instance_id', 'status', 'intent'],
    registers,
  })
  const outboundSeconds = new Histogram({
    name: 'whatsapp_outbound_latency_seconds',
    help: 'Time from acceptance (or the scheduled time) to SENT, and from SENT to DELIVERED',
    labelNames: ['stage'],
    buckets: [...LATENCY_BUCKETS, 60, 300, 1_800, 3_600, 21_600],
    registers,
  })
  const attempts = new Counter({
    name: 'whatsapp_outbox_attempts_total',
    help: 'Attempts to send, by how they ended and whose fault it was',
    labelNames: ['outcome', 'fault'],
    registers,
  })
  const retention = reportRetention(registers, logger)
  const downloads = new Counter({
    name: 'whatsapp_media_downloads_total',
    help: 'Tries to fetch or delete files of messages, by how they ended',
    labelNames: ['result'],
    registers,
  })
  const downloadSeconds = new Histogram({
    name: 'whatsapp_media_download_seconds',
    help: 'Time that a try at a file took, from its claim to its end',
    labelNames: ['result'],
    buckets: DOWNLOAD_BUCKETS,
    registers,
  })
  const unconfigured = new Gauge({
    name: 'whatsapp_cloud_not_configured',
    help: 'Cloud API numbers whose messages wait for an access token, or for the key that it was sealed under',
    registers,
  })
  const notConfigured = new Map<string, string>()
  const pendingMedia = new Gauge({
    name: 'whatsapp_media_pending',
    help: 'Files of messages that are still to be fetched, by all workers',
    registers,
  })

  return {
    ...retention,
    ...reportFlow(registers, logger),
    ...reportPresence(registers, logger),
    inboundApplied: (envelope: Envelope, { status, deliveredAfterSeconds }: Applied) => {
      if (deliveredAfterSeconds !== undefined) {
        outboundSeconds.observe({ stage: 'sent_to_delivered' }, deliveredAfterSeconds)
      }
      if (status === 'duplicate') duplicates.inc({ layer: 'worker' })
      if (status === 'saved') inboundSeconds.observe(secondsSince(new Date(envelope.receivedAt)))
      if (envelope.kind === 'gap') {
        gaps.inc({ instance_id: instanceLabel(envelope.instanceId) })
        logger.warn({ ...idsOf(envelope), details: envelope.details }, 'inbound gap')
        return
      }
      logger.info({ ...idsOf(envelope), kind: envelope.kind, status }, 'inbound applied')
    },
    inboundRetried: (envelope: Envelope, attempt: number, error: unknown) => {
      retries.inc()
      logger.warn(
        { ...idsOf(envelope), kind: envelope.kind, attempt, err: error },
        'inbound failed, trying again later',
      )
    },
    inboundSetAside: (envelope: Envelope, error: unknown) => {
      deadLetters.inc()
      logger.error({ ...idsOf(envelope), kind: envelope.kind, err: error }, 'inbound set aside')
    },
    attempted: (delivery: ClaimedDelivery, outcome: AttemptOutcome, { status }: SettleResult) => {
      const fault: Fault | 'none' = outcome.status === 'failed' ? outcome.fault : 'none'
      attempts.inc({ outcome: outcome.status, fault })
      if (status === 'SENT') {
        outboundSeconds.observe({ stage: 'accepted_to_sent' }, secondsSince(delivery.dueSince))
      }
      outbound.inc({
        instance_id: instanceLabel(delivery.instanceId),
        status,
        intent: delivery.intent.intent,
      })
      logger[outcome.status === 'failed' && fault !== 'waiting' ? 'warn' : 'info'](
        {
          requestId: delivery.requestId,
          tenantId: delivery.tenantId,
          instanceId: delivery.instanceId,
          messageId: delivery.id,
          attempt: delivery.attempt,
          status,
          ...(outcome.status === 'failed'
            ? { code: outcome.code, fault }
            : { providerMessageId: outcome.providerMessageId }),
        },
        'outbound attempted',
      )
    },
    mediaSettled: (
      download: ClaimedDownload,
      outcome: DownloadOutcome,
      { status: result }: MediaResult,
      seconds: number,
    ) => {
      downloads.inc({ result })
      downloadSeconds.observe({ result }, seconds)
      const { tenantId, instanceId, messageId, attempt } = download
      logger[result === 'failed' ? 'warn' : 'info'](
        { tenantId, instanceId, messageId, attempt, result, seconds, ...detailsOf(outcome) },
        'media attempted',
      )
    },
    mediaPending: (count: number) => pendingMedia.set(count),
    /** @param why a person must act; `undefined` when the number can send. Told when it changes, not for each message. */
    cloudNotConfigured: (
      { tenantId, instanceId }: { tenantId: string; instanceId: string },
      why: string | undefined,
    ) => {
      const key = `${tenantId}/${instanceId}`
      if (why === undefined) notConfigured.delete(key)
      else if (notConfigured.get(key) !== why) {
        notConfigured.set(key, why)
        logger.warn({ tenantId, instanceId, why }, 'messages wait: the number is not configured')
      }
      unconfigured.set(notConfigured.size)
    },
    recovered: (count: number) => {
      if (count > 0) logger.warn({ count }, 'claims had ended, messages queued again')
    },
    expired: (count: number) => logger.warn({ count }, 'messages did not leave before their end'),
  }
}

/** Clocks of two machines may disagree: never less than nothing. */
const secondsSince = (at: Date): number => Math.max(0, (Date.now() - at.getTime()) / 1000)

/** A file may take minutes. */
const DOWNLOAD_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

function detailsOf(outcome: DownloadOutcome) {
  if (outcome.status === 'ready') return { mimeType: outcome.mimeType, bytes: outcome.size }
  if (outcome.status === 'later') return { code: outcome.code, afterSeconds: outcome.afterSeconds }
  return outcome.status === 'failed' ? { reason: outcome.reason } : {}
}

const idsOf = (envelope: Envelope) => ({
  requestId: envelope.requestId,
  tenantId: envelope.tenantId,
  instanceId: envelope.instanceId,
  messageId: 'providerMessageId' in envelope ? envelope.providerMessageId : undefined,
})
