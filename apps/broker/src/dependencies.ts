import { type Connection, connect } from '@carteiro/database/connect'
import { newId } from '@carteiro/database/new-id'
import type { Lifecycle } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import { createRegistry, type Registry } from '@carteiro/runtime/metrics'
import { createSeal } from '@carteiro/runtime/seal'
import type { Config } from './config.ts'
import { Instances } from './features/instances/instances.ts'
import { createStateWriter, type StateWriter } from './features/instances/state-writer.ts'
import { createAskUpload } from './features/media/ask-upload.ts'
import { MAX_DOWNLOADS, MediaDownloads } from './features/media/download-media.ts'
import { createMediaHost } from './features/media/media-host.ts'
import { createJournal, type Journal } from './features/receiving/journal.ts'
import { onUpsert } from './features/receiving/on-upsert.ts'
import { createWebhook } from './features/receiving/post-events.ts'
import { MAX_CONCURRENT_CHATS, Publisher } from './features/receiving/publish.ts'
import { countWaiting } from './features/receiving/waiting-rows.ts'
import { SendLedger } from './features/sending/send-ledger.ts'
import { Sender } from './features/sending/send-message.ts'
import { type Acks, createAcks } from './features/sending/wait-for-ack.ts'
import type { SessionListener } from './features/session/instance-session.ts'
import { Sessions } from './features/session/sessions.ts'
import { toConnectionEvent } from './features/session/status-event.ts'
import { createReport, type Report } from './report.ts'

/** What the broker's parts work with, built once. Routes take what they need of it by `Pick`. */
export interface Dependencies {
  connection: Connection
  registry: Registry
  report: Report
  instances: Instances
  sessions: Sessions
  states: StateWriter
  journal: Journal
  publisher: Publisher
  ledger: SendLedger
  sender: Sender
  media: MediaDownloads
}

export function createDependencies(config: Config, logger: Logger, lifecycle: Lifecycle): Dependencies {
  const connection = connect({
    url: config.DATABASE_URL,
    logger,
    name: 'carteiro broker',
    maxConnections: 20,
  })
  lifecycle.onStop('database', () => connection.close())
  const { db } = connection
  const registry = createRegistry()
  const report = createReport({ logger, registry, countWaiting: () => countWaiting(db) })
  const seal = createSeal(config.SESSION_ENCRYPTION_KEY)

  const publisher = createPublisher(config, connection, report, lifecycle)
  const journal = createJournal({
    db,
    report,
    onWritten: (instanceId, chatKey) => publisher.wake({ instanceId, chatKey }),
  })
  lifecycle.onStop('journal', () => journal.close())

  const ledger = new SendLedger(db, seal)
  const acks = createLateAcks(ledger, report)
  const instances: Instances = new Instances(db, (id) => sessions.state(id) ?? states.newest(id))
  const states: StateWriter = createStateWriter({ instances, report, signal: lifecycle.signal })
  lifecycle.onStop('instance states', () => states.written())
  const sessions = new Sessions({
    db,
    seal,
    logger,
    listener: createListener({ report, journal, ledger, acks, states }),
    simulatorUrl: config.WHATSAPP_WEB_SOCKET_URL,
  })
  lifecycle.onStop('sessions', () => sessions.stopAll('broker_stopped'))
  const sender = new Sender({ socket: (id) => sessions.socket(id), ledger, acks, report })
  const media = createMedia(config, { connection, report, sessions }, lifecycle)
  return {
    connection,
    registry,
    report,
    instances,
    sessions,
    states,
    journal,
    publisher,
    ledger,
    sender,
    media,
  }
}

function createMedia(
  config: Config,
  { connection, report, sessions }: Pick<Dependencies, 'connection' | 'report' | 'sessions'>,
  lifecycle: Lifecycle,
): MediaDownloads {
  const host = createMediaHost(MAX_DOWNLOADS)
  lifecycle.onStop('media host', () => host.close())
  return new MediaDownloads({
    db: connection.db,
    host,
    askUpload: createAskUpload({ socket: (id) => sessions.socket(id) }),
    maxBytes: config.MEDIA_MAX_BYTES,
    simulatorUrl: config.WHATSAPP_MEDIA_URL,
    report,
  })
}

/** An acknowledgement that nobody waits for any more still changes the stored answer. */
function createLateAcks(ledger: SendLedger, report: Report): Acks {
  return createAcks((instanceId, waMessageId, ack) => {
    ledger
      .settleLate(instanceId, waMessageId, ack)
      .catch((error: unknown) => report.ledgerFailed(instanceId, error))
  })
}

/** Where the sessions meet the other features: what a session tells, and who hears it. */
function createListener({
  report,
  journal,
  ledger,
  acks,
  states,
}: Pick<Dependencies, 'report' | 'journal' | 'ledger'> & {
  acks: Acks
  states: StateWriter
}): SessionListener {
  return {
    onState(instanceId, state) {
      report.instanceState(instanceId, state)
      const event = toConnectionEvent(instanceId, state, { id: newId(), at: new Date() })
      journal.append({ event, chatKey: instanceId })
      states.write(instanceId, state)
    },
    onSocket: (instanceId, socket) => acks.listen(instanceId, socket),
    onSocketEnd: (instanceId) => acks.forget(instanceId),
    onUpsert: (instanceId, upsert) => onUpsert({ journal, report }, instanceId, upsert),
    onReconnect: report.reconnect,
    getMessage: (instanceId, waMessageId) => ledger.content(instanceId, waMessageId),
  }
}

/** Published for a moment yet when the process stops; what is left then waits in the journal. */
const PUBLISH_GRACE_MS = 2_000

function createPublisher(
  config: Config,
  { db }: Connection,
  report: Report,
  lifecycle: Lifecycle,
): Publisher {
  const webhook = createWebhook({
    apiKey: config.WHATSAPP_WEBHOOK_API_KEY ?? config.WHATSAPP_BROKER_API_KEY,
    hmacSecret: config.WHATSAPP_WEBHOOK_HMAC_SECRET,
    connections: MAX_CONCURRENT_CHATS,
  })
  lifecycle.onStop('webhook', () => webhook.close())
  const publisher = new Publisher({ db, webhook, defaultUrl: config.WHATSAPP_WEBHOOK_URL, report })
  lifecycle.onStop('publisher', () => publisher.stop(PUBLISH_GRACE_MS))
  return publisher
}
