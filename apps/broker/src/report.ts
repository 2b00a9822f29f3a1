import type { Logger } from '@carteiro/runtime/logger'
import {
  boundedLabel,
  Counter,
  Gauge,
  Histogram,
  LATENCY_BUCKETS,
  type Registry,
} from '@carteiro/runtime/metrics'
import { reportLeases } from './features/leases/report-leases.ts'
import { Meters } from './features/metrics/meters.ts'
import type { RowVerdict } from './features/receiving/judge-answer.ts'
import type { SkipReason } from './features/receiving/to-event.ts'
import type { OfflineCount } from './features/receiving/watch-offline.ts'
import type { SendOutcome, SentMessage } from './features/sending/send-outcome.ts'
import type { SessionState } from './features/session/status-event.ts'

/** Every metric and every business log line of the broker, each event in one place. */
export type Report = ReturnType<typeof createReport>

export interface ReportOptions {
  logger: Logger
  registry: Registry
  /** Counts the journal's rows that wait; asked when the metrics are read. */
  countWaiting: () => Promise<number>
  /** What is counted of each instance beside. */
  meters?: Meters
}

export function createReport({ logger, registry, countWaiting, meters = new Meters() }: ReportOptions) {
  const metrics = createMetrics(registry, countWaiting)
  return {
    ...reportSessions(logger, metrics, meters),
    ...reportReceived(metrics, meters),
    ...reportJournal(logger, metrics),
    ...reportPublishing(logger, metrics),
    ...reportSends(logger, metrics, meters),
    ...reportMedia(logger, metrics),
    ...reportLeases(logger, registry),
    choreFailed: (chore: string, err: unknown) => logger.warn({ chore, err }, 'chore failed'),
    unhandled: (err: unknown) => logger.error({ err }, 'a promise of a library was rejected unheard'),
  }
}

type Metrics = ReturnType<typeof createMetrics>

function reportSessions(logger: Logger, metrics: Metrics, meters: Meters) {
  const statuses = new Map<string, string>()
  const reasonLabel = boundedLabel(20)
  return {
    instanceState(instanceId: string, { status, phone, reason }: SessionState): void {
      statuses.set(instanceId, status)
      metrics.instances.reset()
      for (const each of statuses.values()) metrics.instances.inc({ status: each })
      logger.info({ instanceId, status, phone, reason }, 'instance state changed')
    },
    instanceGone: (instanceId: string) => void statuses.delete(instanceId),
    instanceStateFailed: (instanceId: string, err: unknown) =>
      logger.error({ instanceId, err }, 'instance state not saved'),
    reconnect(instanceId: string, reason: string, waitMs: number): void {
      metrics.reconnects.inc({ reason: reasonLabel(reason) })
      meters.reconnect(instanceId, reason)
      logger.info({ instanceId, reason, waitMs }, 'socket ended, connecting again')
    },
    libsignalLine: () => metrics.libsignalLines.inc(),
  }
}

function reportReceived(metrics: Metrics, meters: Meters) {
  return {
    received: meters.received,
    decryptFailed(instanceId: string): void {
      metrics.decryptFailures.inc()
      meters.decryptFailure(instanceId)
    },
  }
}

function reportJournal(logger: Logger, metrics: Metrics) {
  return {
    inboundSkipped(instanceId: string, reason: SkipReason): void {
      metrics.inbound.inc({ result: reason })
      logger.debug({ instanceId, reason }, 'inbound message skipped')
    },
    gap(instanceId: string, count: OfflineCount): void {
      metrics.gaps.inc()
      logger.warn({ instanceId, ...count }, 'not all that waited on WhatsApp has come')
    },
    journalled(written: number, repeated: number): void {
      metrics.inbound.inc({ result: 'journalled' }, written)
      metrics.inbound.inc({ result: 'repeated' }, repeated)
    },
    recovered(instanceId: string, messages: number): void {
      metrics.inbound.inc({ result: 'recovered' }, messages)
      logger.info({ instanceId, messages }, 'messages told that an earlier process or socket had opened')
    },
    journalWaits(instanceId: string, tries: number): void {
      if (tries === 1) logger.warn({ instanceId }, 'database away, the journal waits')
    },
    journalFailed(instanceId: string, eventId: string, err: unknown): void {
      metrics.inbound.inc({ result: 'failed' })
      if (isMissingInstance(err)) {
        logger.info({ instanceId, eventId }, 'event of a deleted instance dropped')
        return
      }
      logger.error({ instanceId, eventId, err }, 'event not journalled')
    },
  }
}

/** A foreign key that finds nothing: the instance was deleted while its last events were under way. */
const isMissingInstance = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === '23503'

function reportPublishing(logger: Logger, metrics: Metrics) {
  /** The instances whose publishing waits: told once when it begins and once when it ends. */
  const delayed = new Set<string>()
  return {
    published(instanceId: string, rows: RowVerdict[], requestId: string): void {
      const refused = rows.filter((row) => row?.state === 'refused')
      metrics.publishes.inc({ result: 'published' }, rows.filter((row) => row?.state === 'published').length)
      metrics.publishes.inc({ result: 'refused' }, refused.length)
      for (const row of refused) logger.warn({ instanceId, requestId, answer: row?.answer }, 'event refused')
      if (delayed.delete(instanceId)) logger.info({ instanceId, requestId }, 'events are published again')
    },
    publishDelayed(
      instanceId: string,
      reason: string,
      { error: err, ...facts }: { requestId?: string; error?: unknown; waitMs: number },
    ): void {
      metrics.publishes.inc({ result: 'delayed' })
      if (delayed.has(instanceId)) return
      delayed.add(instanceId)
      logger.warn({ instanceId, reason, ...facts, err }, 'events wait, the webhook does not take them')
    },
  }
}

function reportSends(logger: Logger, metrics: Metrics, meters: Meters) {
  return {
    sent({ instanceId, waMessageId, message }: SentMessage, outcome: SendOutcome, elapsedMs: number): void {
      const result = sendResult(outcome)
      metrics.sends.inc({ result })
      if (result === 'sent') metrics.sendSeconds.observe(elapsedMs / 1000)
      meters.sent(instanceId, message.type, result, result === 'sent' ? elapsedMs : undefined)
      const reason = reasonOf(outcome)
      logger.info({ instanceId, waMessageId, result, reason, elapsedMs }, 'send ended')
    },
    ledgerFailed: (instanceId: string, err: unknown) =>
      logger.error({ instanceId, err }, 'send ledger not written'),
  }
}

function reasonOf(outcome: SendOutcome): string | undefined {
  if ('reason' in outcome) return outcome.reason
  if ('problem' in outcome) return `${outcome.problem.code}: ${outcome.problem.message}`
  return 'code' in outcome ? outcome.code : undefined
}

function reportMedia(logger: Logger, metrics: Metrics) {
  return {
    /** @param result `done`, `aborted` (the caller went away) or the code of the Problem */
    mediaDownloaded(instanceId: string, result: string, elapsedMs: number): void {
      metrics.mediaDownloads.inc({ result })
      logger.info({ instanceId, result, elapsedMs }, 'media download ended')
    },
  }
}

function sendResult(outcome: SendOutcome): string {
  if (outcome.kind !== 'answered') return outcome.kind
  return outcome.replayed ? 'replayed' : outcome.response.status
}

function createMetrics(registry: Registry, countWaiting: () => Promise<number>) {
  const registers = [registry]
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers })
  addPendingGauge(registers, countWaiting)
  return {
    instances: new Gauge({
      name: 'whatsapp_broker_instances',
      help: 'Instances whose session this process holds or held, by status',
      labelNames: ['status'],
      registers,
    }),
    reconnects: counter(
      'whatsapp_socket_reconnects_total',
      'Sockets that ended without being asked to, by reason',
      ['reason'],
    ),
    inbound: counter('whatsapp_broker_inbound_total', 'What WhatsApp gave us, by what became of it', [
      'result',
    ]),
    gaps: counter(
      'whatsapp_broker_gaps_total',
      'Times that less came of what waited on WhatsApp than it had announced',
      [],
    ),
    publishes: counter(
      'whatsapp_journal_events_total',
      'Events published to the API or refused by it, and batches that were put off',
      ['result'],
    ),
    sends: counter('whatsapp_broker_sends_total', 'Sends by how they ended', ['result']),
    sendSeconds: new Histogram({
      name: 'whatsapp_broker_send_seconds',
      help: 'Time from a send to its acknowledgement by WhatsApp',
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    mediaDownloads: counter('whatsapp_broker_media_downloads_total', 'Media downloads by how they ended', [
      'result',
    ]),
    decryptFailures: counter(
      'whatsapp_decrypt_failures_total',
      'Messages of others that could not be opened',
      [],
    ),
    libsignalLines: counter(
      'whatsapp_libsignal_lines_total',
      'Lines that libsignal wanted to print, kept out because they hold keys',
      [],
    ),
  }
}

function addPendingGauge(registers: Registry[], countWaiting: () => Promise<number>): void {
  new Gauge({
    name: 'whatsapp_journal_pending',
    help: 'Events in the journal that the API has not taken yet',
    registers,
    async collect() {
      // Of a database that is away nothing is known: the last value stands.
      await countWaiting().then(
        (count) => this.set(count),
        () => undefined,
      )
    },
  })
}
