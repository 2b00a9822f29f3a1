import type { Envelope } from '@carteiro/contracts/envelope'
import { Problem } from '@carteiro/contracts/problem'
import { enqueueInbound } from '@carteiro/queue/enqueue-inbound'
import type { Dependencies } from '../../dependencies.ts'

/** Past this many envelopes in memory the sender is asked to come again: memory has a bound. */
const MAX_WAITING = 10_000
const MAX_GROUP = 200

interface Waiting {
  envelopes: Envelope[]
  resolve: () => void
  reject: (error: unknown) => void
}

export interface Ingest {
  /** Resolves when all envelopes are committed to the queue. @throws Problem QUEUE_FULL, or the database's error */
  ingest(envelopes: Envelope[]): Promise<void>
}

/**
 * Group commit: what arrives while an insert is under way is stored together after it. One insert in flight keeps
 * each chat's order; the busier the process, the larger its groups.
 */
export function createIngest({ queue }: Pick<Dependencies, 'queue'>): Ingest {
  const waiting: Waiting[] = []
  let inserting = false
  let held = 0

  async function insertGroups(): Promise<void> {
    inserting = true
    while (waiting.length > 0) {
      const group = takeGroup(waiting)
      const envelopes = group.flatMap((part) => part.envelopes)
      try {
        await enqueueInbound(queue, envelopes)
        for (const part of group) part.resolve()
      } catch (error) {
        for (const part of group) part.reject(error)
      } finally {
        held -= envelopes.length
      }
    }
    inserting = false
  }

  return {
    ingest: async (envelopes) => {
      if (envelopes.length === 0) return
      if (held + envelopes.length > MAX_WAITING) {
        throw new Problem('QUEUE_FULL', 'More came in than can be stored just now; send it again.', {
          retryAfterSeconds: 1,
        })
      }
      held += envelopes.length
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      waiting.push({ envelopes, resolve, reject })
      if (!inserting) void insertGroups()
      await promise
    },
  }
}

/** At least one part, then as many as fit. */
function takeGroup(waiting: Waiting[]): Waiting[] {
  let size = 0
  let count = 0
  for (const part of waiting) {
    size += part.envelopes.length
    if (count > 0 && size > MAX_GROUP) break
    count++
  }
  return waiting.splice(0, count)
}
