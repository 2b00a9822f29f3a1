import type { MediaType } from '@carteiro/contracts/media'

/** What WhatsApp keeps apart by its own media key derivation. */
export type MediaKind = Exclude<MediaType, 'ptv'>

/** A file on the media host: sealed there, with all that is needed to open it. */
export interface StoredMedia {
  url: string
  directPath: string
  mediaKey: Uint8Array
  /** Of the plain bytes. */
  fileSha256: Uint8Array
  /** Of the sealed bytes. */
  fileEncSha256: Uint8Array
  /** Of the plain bytes. */
  fileLength: number
  /** Epoch seconds. */
  mediaKeyTimestamp: number
}

/** A file that a message names. Hashes that it does not tell are not compared. */
export type NamedMedia = Pick<StoredMedia, 'directPath' | 'mediaKey'> & {
  [Hash in 'fileSha256' | 'fileEncSha256']?: Uint8Array | null | undefined
}

/** Seals files and brings them to the media host, and back. */
export interface PhoneMedia {
  /**
   * @param bytes plain
   * @throws Problem MEDIA_TOO_LARGE, QUEUE_FULL
   */
  upload(bytes: Uint8Array, kind: MediaType): Promise<StoredMedia>
  /**
   * @returns plain bytes, proven by their MAC and hashes
   * @throws Problem MEDIA_GONE, MEDIA_CORRUPT
   */
  download(media: NamedMedia, kind: MediaType): Promise<Uint8Array>
  /**
   * Uploads a file again that the media host has no longer.
   *
   * @returns where it is then; undefined when this phone has it no longer
   */
  uploadAgain(mediaKey: Uint8Array, kind: MediaType): Pick<StoredMedia, 'url' | 'directPath'> | undefined
}
