import type { Journal } from './features/receiving/journal.ts'

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
    settle(instanceId, messageHash) {
      if (isOurs(instanceId)) journal.settle(instanceId, messageHash)
    },
  }
}
