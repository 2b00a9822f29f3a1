import type { BaileysEventMap } from '@whiskeysockets/baileys'
import { messageHash } from '../../message-hash.ts'
import type { Report } from '../../report.ts'
import type { Journal } from './journal.ts'
import { toEvent } from './to-event.ts'

export interface OnUpsertDependencies {
  journal: Journal
  report: Pick<Report, 'inboundSkipped'>
}

/**
 * Takes what Baileys has received: each message that says something goes to the journal, in its order. Of the others the
 * journal only learns that they are done with.
 */
export function onUpsert(
  { journal, report }: OnUpsertDependencies,
  instanceId: string,
  { messages, type }: BaileysEventMap['messages.upsert'],
): void {
  const receivedAt = new Date()
  for (const message of messages) {
    const inbound = toEvent(message, { instanceId, upsertType: type, receivedAt })
    const settles = messageHash(message.key)
    if (inbound.kind === 'event') journal.append({ ...inbound, settles })
    else {
      // It may bring another one, which Baileys tells of next: that has to be in the journal first.
      setImmediate(() => journal.settle(instanceId, settles))
      report.inboundSkipped(instanceId, inbound.reason)
    }
  }
}
