import { createHash } from 'node:crypto'
import type { MediaType } from '@carteiro/contracts/media'
import { Problem } from '@carteiro/contracts/problem'
import type { Blobs } from './blobs.ts'
import type { DirectPaths } from './direct-paths.ts'
import { folderOf } from './media-folders.ts'

/** Where a sealed file lies. */
export interface PlacedMedia {
  url: string
  directPath: string
}

/** The media host's files, for those who live in the same process: simulated phones, and whoever breaks things. */
export interface MediaFiles {
  /** Takes a sealed file. @throws Problem MEDIA_TOO_LARGE, QUEUE_FULL */
  store(sealed: Buffer, type: MediaType): PlacedMedia
  /** The sealed bytes. @throws Problem MEDIA_GONE */
  read(directPath: string): Buffer
  /** Takes a file's bytes away: who asks for them by HTTP hears 410. @throws Problem MEDIA_GONE when they are gone */
  expire(directPath: string): void
  /** The same for all files. @returns how many they were */
  expireAll(): number
}

export interface MediaFilesDependencies {
  blobs: Blobs
  paths: DirectPaths
  /** `https://host:port` */
  url: string
}

export function createMediaFiles({ blobs, paths, url }: MediaFilesDependencies): MediaFiles {
  function find(directPath: string): { id: string; bytes: Buffer } {
    const place = paths.read(directPath)
    const bytes = typeof place === 'object' ? blobs.find(place.id) : undefined
    if (typeof place === 'object' && Buffer.isBuffer(bytes)) return { id: place.id, bytes }
    throw new Problem('MEDIA_GONE', 'The media host has no such file, or has it no longer.')
  }
  return {
    store(sealed, type) {
      const reservation = blobs.reserve(sealed.length)
      if (reservation === 'too_large')
        throw new Problem('MEDIA_TOO_LARGE', 'The file is larger than the media host takes.')
      if (reservation === 'full') throw new Problem('QUEUE_FULL', 'Too many files are on their way.')
      const hash = createHash('sha256').update(sealed).digest('base64url')
      const directPath = paths.make(reservation.keep(hash, sealed), folderOf(type))
      return { url: url + directPath, directPath }
    },
    read: (directPath) => find(directPath).bytes,
    expire: (directPath) => blobs.expire(find(directPath).id),
    expireAll: () => blobs.expireAll(),
  }
}
