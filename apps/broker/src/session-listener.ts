import { newId } from '@carteiro/database/new-id'
import type { Dependencies } from './dependencies.ts'
import type { StateWriter } from './features/instances/state-writer.ts'
import { guardFrames } from './features/leases/guard-frames.ts'
import { countReceived } from './features/metrics/count-received.ts'
import type { SocketEars } from './features/receiving/listen-to-socket.ts'
import { onReceipts, onUpdates } from './features/receiving/on-updates.ts'
import { onUpsert } from './features/receiving/on-upsert.ts'
import { untilKept } from './features/receiving/until-kept.ts'
import type { SessionListener } from './features/session/connect-once.ts'
import { toConnectionEvent } from './features/session/status-event.ts'
import { isCommitted } from './send-beside-others.ts'
import type { Sending } from './wire-sending.ts'

interface ListenerParts extends Pick<Dependencies, 'report' | 'journal' | 'groups'> {
  states: StateWriter
  sending: Sending
  ears: SocketEars
  /** Whether this process holds the instance. */
  isOurs: (instanceId: string) => boolean
}

/** Where the sessions meet the other features: what a session tells, and who hears it. */
export function createSessionListener(parts: ListenerParts): SessionListener {
  const { report, journal, sending, groups, states, ears, isOurs } = parts
  const { acks, ledger } = sending
  return {
    onState(lease, state) {
      const { instanceId } = lease
      report.instanceState(instanceId, state)
      return states.write(lease, toConnectionEvent(instanceId, state, { id: newId(), at: new Date() }))
    },
    // How it stands is for the next holder to tell.
    onLost: report.instanceGone,
    onSocket(instanceId, socket) {
      guardFrames(socket, () => (isOurs(instanceId) ? undefined : 'the lease of this instance is lost'))
      guardFrames(
        socket,
        () => (isCommitted() ? undefined : 'its keys are not committed'),
        (refused) => void socket.end(refused),
      )
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
    onUpdates: (instanceId, updates) => onUpdates({ journal, ears }, instanceId, updates),
    onReceipts: (instanceId, receipts) => onReceipts({ journal, ears }, instanceId, receipts),
    kept: (instanceId, stanza) => untilKept({ journal, ears }, instanceId, stanza),
    onReconnect: report.reconnect,
    getMessage: (instanceId, waMessageId) => ledger.content(instanceId, waMessageId),
    groupMetadata: (instanceId, jid) => groups.metadata(instanceId, jid),
  }
}
