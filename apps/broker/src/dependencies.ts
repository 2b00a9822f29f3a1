import { type Connection, connect } from '@carteiro/database/connect'
import { newId } from '@carteiro/database/new-id'
import type { Lifecycle } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import { createRegistry, type Registry } from '@carteiro/runtime/metrics'
import { createSeal } from '@carteiro/runtime/seal'
import type { Config } from './config.ts'
import { type ConnectedSocket, createConnectedSocket } from './connected-socket.ts'
import { CommitBeforeReceipt } from './features/commit/commit-before-receipt.ts'
import { OpenedMessages } from './features/commit/opened-messages.ts'
import { recoverOpened } from './features/commit/recover-opened.ts'
import type { Recipients } from './features/exists/recipients.ts'
import { Groups } from './features/groups/groups.ts'
import { Instances } from './features/instances/instances.ts'
import { Settings } from './features/instances/settings.ts'
import { createStateWriter, type StateWriter } from './features/instances/state-writer.ts'
import type { MediaDownloads } from './features/media/download-media.ts'
import { countReceived } from './features/metrics/count-received.ts'
import { Meters } from './features/metrics/meters.ts'
import { createJournal, type Journal } from './features/receiving/journal.ts'
import { createSocketEars, type SocketEars } from './features/receiving/listen-to-socket.ts'
import { onReceipts, onUpdates } from './features/receiving/on-updates.ts'
import { onUpsert } from './features/receiving/on-upsert.ts'
import type { Publisher } from './features/receiving/publish.ts'
import { countWaiting } from './features/receiving/waiting-rows.ts'
import type { SendLedger } from './features/sending/send-ledger.ts'
import type { Sender } from './features/sending/send-message.ts'
import type { SessionListener } from './features/session/instance-session.ts'
import { Sessions } from './features/session/sessions.ts'
import { toConnectionEvent } from './features/session/status-event.ts'
import { createReport, type Report } from './report.ts'
import { simulatedUploads, wireMedia } from './wire-media.ts'
import { wirePublishing } from './wire-publishing.ts'
import { type Sending, wireSending } from './wire-sending.ts'

/** What the broker's parts work with, built once. Routes take what they need of it by `Pick`. */
export interface Dependencies {
  connection: Connection
  registry: Registry
  report: Report
  meters: Meters
  instances: Instances
  settings: Settings
  sessions: Sessions
  connected: ConnectedSocket
  states: StateWriter
  journal: Journal
  publisher: Publisher
  groups: Groups
  recipients: Recipients
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
  const meters = new Meters()
  const report = createReport({ logger, registry, countWaiting: () => countWaiting(db), meters })
  const seal = createSeal(config.SESSION_ENCRYPTION_KEY)

  const publisher = wirePublishing(config, connection, report, lifecycle)
  const journal = createJournal({
    db,
    report,
    onWritten: (instanceId, chatKey) => publisher.wake({ instanceId, chatKey }),
  })
  lifecycle.onStop('journal', () => journal.close())

  const socket: (id: string) => ReturnType<Sessions['socket']> = (id) => sessions.socket(id)
  const settings = new Settings(db)
  const groups = new Groups()
  const sending = wireSending(
    config,
    { connection, seal, journal, report, groups, settings, socket },
    lifecycle,
  )
  const instances: Instances = new Instances(
    db,
    (id) => sessions.state(id) ?? states.newest(id),
    (id) => meters.counters(id),
  )
  const states: StateWriter = createStateWriter({ instances, report, signal: lifecycle.signal })
  lifecycle.onStop('instance states', () => states.written())
  const ears = createSocketEars({ journal, report, gapAfterMs: config.OFFLINE_GAP_SECONDS * 1_000 })
  const listener = createListener({ report, journal, sending, groups, states, ears })
  const opened = new OpenedMessages(db, seal)
  const sessions = new Sessions({
    ...{ db, seal, logger, listener },
    createMessageCommit: (socket) => new CommitBeforeReceipt({ opened, ...socket }),
    recoverMessages: (instanceId) => recoverOpened(opened, instanceId, listener.onUpsert),
    simulatorUrl: config.WHATSAPP_WEB_SOCKET_URL,
    uploads: simulatedUploads(config),
  })
  lifecycle.onStop('sessions', () => sessions.stopAll('broker_stopped'))
  const media = wireMedia(config, { connection, report, socket }, lifecycle)
  return {
    ...{ connection, registry, report, meters, instances, settings, sessions, states, journal, publisher },
    ...{ groups, media, ...sending },
    connected: createConnectedSocket({ socket, find: (id) => instances.get(id) }),
  }
}

interface ListenerParts extends Pick<Dependencies, 'report' | 'journal' | 'groups' | 'states'> {
  sending: Sending
  ears: SocketEars
}

/** Where the sessions meet the other features: what a session tells, and who hears it. */
function createListener(parts: ListenerParts): SessionListener {
  const { report, journal, sending, groups, states, ears } = parts
  const { acks, ledger } = sending
  return {
    onState(instanceId, state) {
      report.instanceState(instanceId, state)
      const event = toConnectionEvent(instanceId, state, { id: newId(), at: new Date() })
      journal.append({ event, chatKey: instanceId })
      states.write(instanceId, state)
    },
    onSocket(instanceId, socket) {
      acks.listen(instanceId, socket)
      groups.listen(instanceId, socket)
      ears.listen(instanceId, socket)
      countReceived(report, instanceId, socket)
    },
    onSocketEnd(instanceId) {
      acks.forget(instanceId)
      groups.forget(instanceId)
      ears.forget(instanceId)
    },
    onUpsert: (instanceId, upsert) => onUpsert({ journal, report }, instanceId, upsert),
    onUpdates: (instanceId, updates) => onUpdates(journal, instanceId, updates),
    onReceipts: (instanceId, receipts) => onReceipts(journal, instanceId, receipts),
    onReconnect: report.reconnect,
    getMessage: (instanceId, waMessageId) => ledger.content(instanceId, waMessageId),
    groupMetadata: (instanceId, jid) => groups.metadata(instanceId, jid),
  }
}
