import type { Journal } from './features/receiving/journal.ts'
import { LeaseLostError } from './held-lease.ts'

/**
 * The journal for what is heard of instances that this process holds. What it hears after it lost the lease is for the
 * next holder to tell: WhatsApp brings it again.
 */
export function keepToOurs(journal: Journal, isOurs: (instanceId: string) => boolean): Journal {
  return {
    ...journal,
    append(entry) {
      if (isOurs(entry.event.instanceId)) journal.append(entry)
    },
    async written(instanceId) {
      if (!isOurs(instanceId)) throw new LeaseLostError(instanceId)
      await journal.written(instanceId)
    },
    settle(instanceId, messageHash) {
      if (isOurs(instanceId)) journal.settle(instanceId, messageHash)
    },
  }
}
