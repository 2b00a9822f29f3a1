import { Problem } from '@carteiro/contracts/problem'

/** Which way a file goes, as the client sees it. */
export type MediaWay = 'upload' | 'download'

/** What befalls one request. Bytes are counted in the file's body. */
export type MediaFault =
  /** Answered with this status and nothing else. */
  | { kind: 'refuse'; status: number }
  /** The connection ends after so many bytes; where an upload has no more, instead of the answer: it is kept then. */
  | { kind: 'cut'; afterBytes: number }
  /** After so many bytes nothing is given or answered any more; the connection stays. */
  | { kind: 'stall'; afterBytes: number }
  | { kind: 'slow'; bytesPerSecond: number }

export interface MediaFaults {
  /**
   * The next so many requests of this way meet the fault, after those that were added before.
   *
   * @throws Problem QUEUE_FULL when too many wait
   */
  add(way: MediaWay, fault: MediaFault, times?: number): void
  /** The fault of the request that has just come. */
  take(way: MediaWay): MediaFault | undefined
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
    clear() {
      waiting.upload.length = 0
      waiting.download.length = 0
    },
  }
}
