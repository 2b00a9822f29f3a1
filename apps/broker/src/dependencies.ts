import { Agent } from 'node:https'
import { formatJid } from '@carteiro/contracts/jid'
import { type Connection, connect } from '@carteiro/database/connect'
import { newId } from '@carteiro/database/new-id'
import { createGuardedFetch } from '@carteiro/runtime/guarded-fetch'
import type { Lifecycle } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import { createRegistry, type Registry } from '@carteiro/runtime/metrics'
import { createSeal } from '@carteiro/runtime/seal'
import type { proto } from '@whiskeysockets/baileys'
import type { Config } from './config.ts'
import { CommitBeforeReceipt } from './features/commit/commit-before-receipt.ts'
import { OpenedMessages } from './features/commit/opened-messages.ts'
import { recoverOpened } from './features/commit/recover-opened.ts'
import { Instances } from './features/instances/instances.ts'
import { createStateWriter, type StateWriter } from './features/instances/state-writer.ts'
import { createAskUpload } from './features/media/ask-upload.ts'
import { MAX_DOWNLOADS, MediaDownloads } from './features/media/download-media.ts'
import { createMediaHost } from './features/media/media-host.ts'
import { createJournal, type Journal } from './features/receiving/journal.ts'
import { onReceipts, onUpdates } from './features/receiving/on-updates.ts'
import { onUpsert } from './features/receiving/on-upsert.ts'
import { createWebhook } from './features/receiving/post-events.ts'
import { MAX_CONCURRENT_CHATS, Publisher } from './features/receiving/publish.ts'
import { toOutboundEntry } from './features/receiving/to-event.ts'
import { toAckEntry } from './features/receiving/to-update-event.ts'
import { countWaiting } from './features/receiving/waiting-rows.ts'
import { createFindMessage } from './features/sending/find-message.ts'
import { SendLedger } from './features/sending/send-ledger.ts'
import { Sender, type SenderDependencies, type SentMessage } from './features/sending/send-message.ts'
import { type Acks, createAcks } from './features/sending/wait-for-ack.ts'
import type { SessionListener } from './features/session/instance-session.ts'
import type { UploadSite } from './features/session/open-socket.ts'
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
  const settleLate = createSettleLate(ledger, journal)
  const acks = createAcks((instanceId, waMessageId, ack) => {
    settleLate(instanceId, waMessageId, ack).catch((error: unknown) => report.ledgerFailed(instanceId, error))
  })
  const instances: Instances = new Instances(db, (id) => sessions.state(id) ?? states.newest(id))
  const states: StateWriter = createStateWriter({ instances, report, signal: lifecycle.signal })
  lifecycle.onStop('instance states', () => states.written())
  const listener = createListener({ report, journal, ledger, acks, states })
  const opened = new OpenedMessages(db, seal)
  const sessions = new Sessions({
    ...{ db, seal, logger, listener },
    createMessageCommit: (socket) => new CommitBeforeReceipt({ opened, ...socket }),
    recoverMessages: (instanceId) => recoverOpened(opened, instanceId, listener.onUpsert),
    simulatorUrl: config.WHATSAPP_WEB_SOCKET_URL,
    uploads: simulatedUploads(config),
  })
  lifecycle.onStop('sessions', () => sessions.stopAll('broker_stopped'))
  const guardedFetch = createGuardedFetch({ allowedHosts: config.MEDIA_ALLOWED_HOSTS })
  lifecycle.onStop('media fetches', () => guardedFetch.close())
  const sender = new Sender({
    socket: (id) => sessions.socket(id),
    findMessage: createFindMessage(db, ledger),
    guardedFetch,
    maxMediaBytes: config.MEDIA_MAX_BYTES,
    onSent: (sent, content) => tellPoll(journal, sent, content),
    ...{ ledger, acks, settleLate, report },
  })
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
  const host = createMediaHost(MAX_DOWNLOADS, config.WHATSAPP_MEDIA_CA)
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

/** Baileys uploads over TLS alone. */
function simulatedUploads(config: Config): UploadSite | undefined {
  const { WHATSAPP_MEDIA_URL: url, WHATSAPP_MEDIA_CA: ca, MEDIA_MAX_BYTES: maxContentLengthBytes } = config
  if (!url?.startsWith('https:')) return undefined
  return { hostname: new URL(url).host, maxContentLengthBytes, agent: new Agent({ ca }) }
}

type SettleLate = SenderDependencies['settleLate']

/** An acknowledgement that nobody waits for any more changes the stored answer, and the API is told. */
function createSettleLate(ledger: SendLedger, journal: Journal): SettleLate {
  return async (instanceId, waMessageId, ack) => {
    const jid = await ledger.settleLate(instanceId, waMessageId, ack)
    if (jid === undefined) return
    const refusedWith = ack.kind === 'refused' ? ack.code : undefined
    journal.append(toAckEntry({ waMessageId, jid, refusedWith }, { instanceId, receivedAt: new Date() }))
  }
}

/** The API cannot read the votes of a poll without its secret, which Baileys made: so it is told of polls. */
function tellPoll(
  journal: Journal,
  { instanceId, message, jid, waMessageId }: SentMessage,
  content: proto.IMessage,
) {
  if (message.type !== 'poll') return
  const remoteJid = formatJid(jid)
  const sent = { key: { remoteJid, id: waMessageId, fromMe: true }, message: content }
  const told = toOutboundEntry(sent, { instanceId, upsertType: 'notify', receivedAt: new Date() })
  if (told) journal.append(told)
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
    onUpdates: (instanceId, updates) => onUpdates(journal, instanceId, updates),
    onReceipts: (instanceId, receipts) => onReceipts(journal, instanceId, receipts),
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
