import { type Connection, connect } from '@carteiro/database/connect'
import { newId } from '@carteiro/database/new-id'
import type { Lifecycle } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import { createRegistry, type Registry } from '@carteiro/runtime/metrics'
import { createSeal, type Seal } from '@carteiro/runtime/seal'
import type { Config } from './config.ts'
import { type ConnectedSocket, createConnectedSocket } from './connected-socket.ts'
import { CommitBeforeReceipt } from './features/commit/commit-before-receipt.ts'
import { OpenedMessages } from './features/commit/opened-messages.ts'
import { recoverOpened } from './features/commit/recover-opened.ts'
import type { Recipients } from './features/exists/recipients.ts'
import { Groups } from './features/groups/groups.ts'
import { InstanceActs } from './features/instances/instance-acts.ts'
import { Instances } from './features/instances/instances.ts'
import { Settings } from './features/instances/settings.ts'
import { createStateWriter } from './features/instances/state-writer.ts'
import { createLeases, type LeasesPart } from './features/leases/create-leases.ts'
import { LEASE_TIMES } from './features/leases/lease-times.ts'
import type { Leases } from './features/leases/leases.ts'
import type { MediaDownloads } from './features/media/download-media.ts'
import { Meters } from './features/metrics/meters.ts'
import { createJournal, type Journal } from './features/receiving/journal.ts'
import { createSocketEars } from './features/receiving/listen-to-socket.ts'
import type { Publisher } from './features/receiving/publish.ts'
import { countWaiting } from './features/receiving/waiting-rows.ts'
import type { SendLedger } from './features/sending/send-ledger.ts'
import type { Sender } from './features/sending/send-message.ts'
import { Sessions } from './features/session/sessions.ts'
import { keepToOurs } from './keep-to-ours.ts'
import { createReport, type Report } from './report.ts'
import { createSessionListener } from './session-listener.ts'
import { simulatedUploads, wireMedia } from './wire-media.ts'
import { wirePublishing } from './wire-publishing.ts'
import { wireSending } from './wire-sending.ts'

/** What the broker's parts work with, built once. Routes take what they need of it by `Pick`. */
export interface Dependencies {
  connection: Connection
  seal: Seal
  registry: Registry
  /** Of this process, as other brokers see it. */
  brokerId: string
  report: Report
  meters: Meters
  instances: Instances
  settings: Settings
  opened: OpenedMessages
  sessions: Sessions
  leases: Leases
  /** Takes part in the sharing of instances; told where this process listens. */
  startLeases: LeasesPart['start']
  acts: InstanceActs
  connected: ConnectedSocket
  journal: Journal
  publisher: Publisher
  groups: Groups
  recipients: Recipients
  ledger: SendLedger
  sender: Sender
  media: MediaDownloads
}

export function createDependencies(
  config: Config,
  logger: Logger,
  lifecycle: Lifecycle,
  leaseTimes = LEASE_TIMES,
): Dependencies {
  const brokerId = config.BROKER_ID ?? newId()
  const connection = connect({
    url: config.DATABASE_URL,
    logger,
    name: `carteiro broker ${brokerId}`,
    maxConnections: 20,
  })
  lifecycle.onStop('database', () => connection.close())
  const { db } = connection
  const registry = createRegistry()
  const meters = new Meters()
  const report = createReport({ logger, registry, countWaiting: () => countWaiting(db), meters })
  const seal = createSeal(config.SESSION_ENCRYPTION_KEY)

  const publisher = wirePublishing(config, { connection, brokerId, report }, lifecycle)
  // After everything that writes: whoever takes the instances finds all that was told of them.
  lifecycle.onStop('leases', () => part.stop())
  const isOurs = (instanceId: string) => leases.current(instanceId) !== undefined
  const written = createJournal({
    db,
    report,
    onWritten: (instanceId, chatKey) => publisher.wake({ instanceId, chatKey }),
  })
  lifecycle.onStop('journal', () => written.close())
  const journal = keepToOurs(written, isOurs)

  const socket: (id: string) => ReturnType<Sessions['socket']> = (id) =>
    isOurs(id) ? sessions.socket(id) : undefined
  const settings = new Settings(db)
  const groups = new Groups()
  const sending = wireSending(
    config,
    { connection, seal, journal, report, groups, settings, socket },
    lifecycle,
  )
  const instances: Instances = new Instances(
    db,
    (id) => (isOurs(id) ? sessions.state(id) : undefined),
    (id) => meters.counters(id),
  )
  const states = createStateWriter({
    ...{ db, report, signal: lifecycle.signal },
    onWritten: (instanceId) => publisher.wake({ instanceId, chatKey: instanceId }),
  })
  lifecycle.onStop('instance states', () => states.written())
  const ears = createSocketEars({ journal, report, gapAfterMs: config.OFFLINE_GAP_SECONDS * 1_000 })
  const listener = createSessionListener({ report, journal, sending, groups, states, ears, isOurs })
  const opened = new OpenedMessages(db, seal)
  const { onUpsert } = listener
  const recovery = { opened, onUpsert, onRecovered: report.recovered, settle: journal.settle }
  const sessions = new Sessions({
    ...{ db, seal, logger, listener },
    createMessageCommit: (socket) => new CommitBeforeReceipt({ opened, ...socket }),
    recoverMessages: (instanceId) => recoverOpened(recovery, instanceId),
    settings: {
      url: config.WHATSAPP_WEB_SOCKET_URL,
      uploads: simulatedUploads(config),
      version: config.WHATSAPP_WEB_VERSION,
    },
    liveness: { silenceMs: config.WHATSAPP_SILENCE_MS, probeMs: config.WHATSAPP_PROBE_MS },
  })
  lifecycle.onStop('sessions', () => sessions.stopAll('broker_stopped'))
  const part: LeasesPart = createLeases({
    ...{ config, brokerId, logger, lifecycle, sessions, report, times: leaseTimes },
    onTaken: () => publisher.sweep(),
    told: (id) => journal.settled(id),
  })
  const { leases } = part
  const acts = new InstanceActs({
    ...{ instances, sessions, signal: lifecycle.signal },
    holder: leases,
    onDeleted(instanceId) {
      for (const known of [settings, meters]) known.forget(instanceId)
      report.instanceGone(instanceId)
    },
  })
  const media = wireMedia(config, { connection, report, socket }, lifecycle)
  return {
    ...{
      connection,
      seal,
      registry,
      brokerId,
      report,
      meters,
      instances,
      settings,
      opened,
      sessions,
      acts,
      journal,
      publisher,
    },
    ...{ leases, startLeases: part.start, groups, media, ...sending },
    connected: createConnectedSocket({ socket, find: (id) => instances.get(id) }),
  }
}
