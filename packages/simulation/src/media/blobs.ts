import { randomBytes } from 'node:crypto'

export interface BlobLimits {
  /** Of one file. */
  maxBlobBytes: number
  /** Of all that are kept and those on their way. */
  maxBytes: number
  maxBlobs: number
}

/** Room for a file on its way. Either kept or released, once. */
export interface Reservation {
  /** @returns the id under which the bytes are found; that of the same bytes where they are here already */
  keep(hash: string, bytes: Buffer): string
  release(): void
}

/** Sealed files, in memory. The oldest are forgotten where there is no room. */
export interface Blobs {
  /** Makes room. `too_large`: no such file is taken; `full`: files on their way leave none. */
  reserve(bytes: number): Reservation | 'too_large' | 'full'
  /** `expired` when its bytes were taken away by command; `undefined` when there is none, or none any more. */
  find(id: string): Buffer | 'expired' | undefined
  /** Takes the bytes away; whoever asks for them hears that they have expired. */
  expire(id: string): void
  /** The same for all. @returns how many they were */
  expireAll(): number
  /** Bytes that are kept and reserved. */
  bytes(): number
  count(): number
}

interface Blob {
  hash: string
  bytes: Buffer | undefined
}

const ID_BYTES = 12

export function createBlobs({ maxBlobBytes, maxBytes, maxBlobs }: BlobLimits): Blobs {
  const blobs = new Map<string, Blob>()
  const idsByHash = new Map<string, string>()
  let keptBytes = 0
  let reservedBytes = 0

  function expire(id: string): void {
    const blob = blobs.get(id)
    if (!blob?.bytes) return
    keptBytes -= blob.bytes.length
    blob.bytes = undefined
    idsByHash.delete(blob.hash)
  }

  function forgetOldest(): void {
    const [oldest] = blobs.keys()
    if (oldest === undefined) return
    expire(oldest)
    blobs.delete(oldest)
  }

  function keep(hash: string, bytes: Buffer): string {
    const known = idsByHash.get(hash)
    if (known !== undefined) return known
    while (blobs.size >= maxBlobs) forgetOldest()
    const id = randomBytes(ID_BYTES).toString('hex')
    blobs.set(id, { hash, bytes })
    idsByHash.set(hash, id)
    keptBytes += bytes.length
    return id
  }

  return {
    reserve(bytes) {
      if (bytes > maxBlobBytes) return 'too_large'
      if (reservedBytes + bytes > maxBytes) return 'full'
      reservedBytes += bytes
      while (keptBytes + reservedBytes > maxBytes) forgetOldest()
      let held = bytes
      const release = () => {
        reservedBytes -= held
        held = 0
      }
      return {
        keep(hash, taken) {
          release()
          return keep(hash, taken)
        },
        release,
      }
    },
    find(id) {
      const blob = blobs.get(id)
      return blob && (blob.bytes ?? 'expired')
    },
    expire,
    expireAll() {
      const there = [...blobs].filter(([, blob]) => blob.bytes)
      for (const [id] of there) expire(id)
      return there.length
    },
    bytes: () => keptBytes + reservedBytes,
    count: () => blobs.size,
  }
}
