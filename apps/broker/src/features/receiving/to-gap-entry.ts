import type { JournalEntry } from './journal.ts'
import type { OfflineCount } from './watch-offline.ts'

export interface Gap extends OfflineCount {
  /** When this process last had a connection; unknown after a restart. */
  from: Date | undefined
}

/** Something that waited on WhatsApp's server did not come. Pure. */
export function toGapEntry(
  { expected, seen, from }: Gap,
  { instanceId, eventId, receivedAt }: { instanceId: string; eventId: string; receivedAt: Date },
): JournalEntry {
  const to = receivedAt.toISOString()
  return {
    chatKey: instanceId,
    event: {
      id: eventId,
      type: 'INSTANCE_GAP',
      instanceId,
      timestamp: to,
      payload: { from: from?.toISOString() ?? null, to, expected, seen },
    },
  }
}
