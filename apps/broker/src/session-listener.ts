import { newId } from '@carteiro/database/new-id'
import type { Dependencies } from './dependencies.ts'
import { guardFrames } from './features/leases/guard-frames.ts'
import type { Leases } from './features/leases/leases.ts'
import { countReceived } from './features/metrics/count-received.ts'
import { onReceipts, onUpdates } from './features/receiving/on-updates.ts'
import { onUpsert } from './features/receiving/on-upsert.ts'
import type { SessionListener } from './features/session/instance-session.ts'
import { toConnectionEvent } from './features/session/status-event.ts'
import type { Sending } from './wire-sending.ts'

interface ListenerParts extends Pick<Dependencies, 'report' | 'journal' | 'groups' | 'states'> {
  sending: Sending
  leases: () => Pick<Leases, 'current'>
}

/** Where the sessions meet the other features: what a session tells, and who hears it. */
export function createSessionListener(parts: ListenerParts): SessionListener {
  const { report, journal, sending, groups, states, leases } = parts
  const { acks, ledger } = sending
  /** What a session hears after its lease is lost is for the next holder to tell. */
  const isOurs = (instanceId: string) => leases().current(instanceId) !== undefined
  return {
    onState(instanceId, state) {
      if (!isOurs(instanceId)) {
        states.forget(instanceId)
        report.instanceDeleted(instanceId)
        return
      }
      report.instanceState(instanceId, state)
      const event = toConnectionEvent(instanceId, state, { id: newId(), at: new Date() })
      journal.append({ event, chatKey: instanceId })
      states.write(instanceId, state)
    },
    onSocket(instanceId, socket) {
      guardFrames(socket, () => isOurs(instanceId))
      acks.listen(instanceId, socket)
      groups.listen(instanceId, socket)
      countReceived(report, instanceId, socket)
    },
    onSocketEnd(instanceId) {
      acks.forget(instanceId)
      groups.forget(instanceId)
    },
    onUpsert(instanceId, upsert) {
      if (isOurs(instanceId)) onUpsert({ journal, report }, instanceId, upsert)
    },
    onUpdates(instanceId, updates) {
      if (isOurs(instanceId)) onUpdates(journal, instanceId, updates)
    },
    onReceipts(instanceId, receipts) {
      if (isOurs(instanceId)) onReceipts(journal, instanceId, receipts)
    },
    onReconnect: report.reconnect,
    getMessage: (instanceId, waMessageId) => ledger.content(instanceId, waMessageId),
    groupMetadata: (instanceId, jid) => groups.metadata(instanceId, jid),
  }
}
