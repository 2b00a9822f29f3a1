import type { Envelope } from '@carteiro/contracts/envelope'
import { Problem } from '@carteiro/contracts/problem'
import { enqueueInbound } from '@carteiro/queue/enqueue'
import { INBOUND_SHARDS } from '@carteiro/queue/jobs'
import { shardOf } from '@carteiro/queue/shard'
import type { Dependencies } from '../../dependencies.ts'

/** Past this many envelopes in memory the sender is asked to come again: memory has a bound. */
const MAX_WAITING = 10_000
const MAX_GROUP = 200

interface Waiting {
  envelopes: Envelope[]
  resolve: () => void
  reject: (error: unknown) => void
}

interface Shard {
  waiting: Waiting[]
  inserting: boolean
}

export interface Ingest {
  /** Resolves when all envelopes are committed to the queue. @throws Problem QUEUE_FULL, or the database's error */
  ingest(envelopes: Envelope[]): Promise<void>
}

/**
 * Group commit: what arrives while a shard's insert is under way goes into one job after it. One insert in flight
 * per shard keeps each chat's order; measured at 1.5 times a plain insert per request.
 */
export function createIngest({ queue }: Pick<Dependencies, 'queue'>): Ingest {
  const shards: Shard[] = Array.from({ length: INBOUND_SHARDS }, () => ({ waiting: [], inserting: false }))
  let held = 0

  async function insertGroups(number: number, shard: Shard): Promise<void> {
    shard.inserting = true
    while (shard.waiting.length > 0) {
      const group = takeGroup(shard.waiting)
      const envelopes = group.flatMap((part) => part.envelopes)
      try {
        await enqueueInbound(queue, number, envelopes)
        for (const part of group) part.resolve()
      } catch (error) {
        for (const part of group) part.reject(error)
      } finally {
        held -= envelopes.length
      }
    }
    shard.inserting = false
  }

  const add = (number: number, envelopes: Envelope[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const shard = shards[number]
      if (!shard) throw new Error(`no shard ${number}`)
      shard.waiting.push({ envelopes, resolve, reject })
      if (!shard.inserting) void insertGroups(number, shard)
    })

  return {
    ingest: async (envelopes) => {
      if (held + envelopes.length > MAX_WAITING) {
        throw new Problem('QUEUE_FULL', 'More came in than can be stored just now; send it again.', {
          retryAfterSeconds: 1,
        })
      }
      held += envelopes.length
      const byShard = Map.groupBy(envelopes, (envelope) => shardOf(envelope.tenantId, envelope.chatKey))
      await Promise.all([...byShard].map(([number, part]) => add(number, part)))
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
