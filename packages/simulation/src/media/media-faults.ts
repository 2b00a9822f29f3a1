import { Problem } from '@carteiro/contracts/problem'
import { z } from 'zod'

/** Which way a file goes, as the client sees it. */
export const MediaWay = z.enum(['upload', 'download'])
export type MediaWay = z.infer<typeof MediaWay>

const Bytes = z.number().int().nonnegative()

/** What befalls one request. Bytes are counted in the file's body. */
export const MediaFault = z.discriminatedUnion('kind', [
  /** Answered with this status and nothing else. */
  z.object({ kind: z.literal('refuse'), status: z.number().int().min(400).max(599) }),
  /** The connection ends after so many bytes; where an upload has no more, instead of its answer. */
  z.object({ kind: z.literal('cut'), afterBytes: Bytes }),
  /** After so many bytes nothing is given or answered any more; the connection stays. */
  z.object({ kind: z.literal('stall'), afterBytes: Bytes }),
  z.object({ kind: z.literal('slow'), bytesPerSecond: z.number().int().positive() }),
])
export type MediaFault = z.infer<typeof MediaFault>

export interface MediaFaults {
  /**
   * The next so many requests of this way meet the fault, after those that were added before.
   *
   * @throws Problem QUEUE_FULL when too many wait
   */
  add(way: MediaWay, fault: MediaFault, times?: number): void
  /** The fault of the request that has just come. */
  take(way: MediaWay): MediaFault | undefined
  /** How many wait for requests. */
  waiting(way: MediaWay): number
  /** What waits is forgotten. */
  clear(): void
}

const MAX_WAITING = 10_000

export function createMediaFaults(): MediaFaults {
  const waiting: Record<MediaWay, MediaFault[]> = { upload: [], download: [] }
  return {
    add(way, fault, times = 1) {
      const faults = waiting[way]
      if (faults.length + times > MAX_WAITING) {
        throw new Problem('QUEUE_FULL', `At most ${MAX_WAITING} faults wait for requests.`)
      }
      for (let i = 0; i < times; i += 1) faults.push(fault)
    },
    take: (way) => waiting[way].shift(),
    waiting: (way) => waiting[way].length,
    clear() {
      waiting.upload.length = 0
      waiting.download.length = 0
    },
  }
}
