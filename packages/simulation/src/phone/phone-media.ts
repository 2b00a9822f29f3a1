/** What WhatsApp keeps apart by its own media key derivation. */
export type MediaKind = 'image' | 'video' | 'audio' | 'document' | 'sticker'

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

/** Seals files and brings them to the media host, and back. */
export interface PhoneMedia {
  /** @param bytes plain */
  upload(bytes: Uint8Array, kind: MediaKind): Promise<StoredMedia>
  /** @returns plain bytes, verified against their hashes */
  download(media: Pick<StoredMedia, 'url' | 'directPath' | 'mediaKey'>, kind: MediaKind): Promise<Uint8Array>
}
