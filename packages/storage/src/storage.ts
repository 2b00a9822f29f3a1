import type { Readable } from 'node:stream'

/** What a `put` takes: all of it at once, or in pieces, so that no object need fit into memory. */
export type Body = Readable | Uint8Array | AsyncIterable<Uint8Array>

export interface PutOptions {
  /** A media type, which `stat` and `open` give back as it is. */
  contentType: string
  /** More bytes than this are refused. */
  maxBytes: number
  /** Gives up, also while the body says nothing. */
  signal?: AbortSignal | undefined
}

/** What was written; `sha256` as 64 hex digits. */
export interface WrittenObject {
  size: number
  sha256: string
}

export interface ObjectFacts {
  /** Bytes of the whole object. */
  size: number
  contentType: string
}

/** Positions of the first and the last byte, both counted from 0. */
export interface ByteRange {
  start: number
  end: number
}

/** Read the body to its end or destroy it: it holds a file or a connection open. `size` is the whole object's. */
export interface OpenedObject extends ObjectFacts {
  body: Readable
}

/**
 * Where bytes live, by key (keys.ts). Every driver promises the same, by the same tests:
 * a reader sees a whole object or none, and an object that `put` told is on disk, or with the provider.
 */
export interface ObjectStorage {
  /**
   * Writes an object, or takes the place of the one under this key. The body is read to its end or destroyed.
   *
   * @throws Problem MEDIA_TOO_LARGE. Whatever is thrown, the key has what it had before, unless an answer was lost on
   *   the way: then it may have the new object, whole
   */
  put(key: string, body: Body, options: PutOptions): Promise<WrittenObject>
  /**
   * @param range an `end` behind the last byte means the last byte
   * @returns `undefined` when there is no such object
   * @throws Problem RANGE_NOT_SATISFIABLE when the range begins behind the last byte
   */
  open(key: string, range?: ByteRange): Promise<OpenedObject | undefined>
  /** @returns `undefined` when there is no such object */
  stat(key: string): Promise<ObjectFacts | undefined>
  /** An object that is not there is no error. */
  delete(key: string): Promise<void>
  /** Lets connections go. Nothing may be asked afterwards. */
  close(): void
}
