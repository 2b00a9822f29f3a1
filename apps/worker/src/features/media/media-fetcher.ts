import type { Readable } from 'node:stream'

/** One file of a message, as a transport is asked for it. */
export interface MediaRequest {
  tenantId: string
  instanceId: string
  /** Ours. */
  messageId: string
  /** WhatsApp's. */
  providerMessageId: string
  /** The chat as it was written, where it is known. */
  chatKey?: string | undefined
  media: {
    directPath?: string | undefined
    mediaKey?: string | undefined
    url?: string | undefined
    /** `image`, `video`, `ptv`, `audio`, `document` or `sticker`. */
    mediaType: string
    /** Meta's id of the file. */
    id?: string | undefined
  }
}

export interface FetchedMedia {
  /** Errors of this stream are the fetch's own: it ends only when it is whole. */
  body: Readable
  /** What the transport says that it is; nobody relies on it. */
  contentType: string | null
  /** In bytes, where it is told ahead. */
  size: number | null
}

/**
 * Opens a message's file.
 *
 * @param signal ends the fetch, the body's stream with it
 * @throws MediaFetchError
 */
export type FetchByTransport = (request: MediaRequest, signal: AbortSignal) => Promise<FetchedMedia>

export interface MediaFault {
  code: string
  /** Whether another try may bring the file. */
  retriable: boolean
  /** The transport asked to be left alone for so long. */
  retryAfterSeconds?: number | undefined
}

/** Why a file did not come. */
export class MediaFetchError extends Error {
  readonly code: string
  readonly retriable: boolean
  readonly retryAfterSeconds: number | undefined

  constructor({ code, retriable, retryAfterSeconds }: MediaFault, options?: ErrorOptions) {
    super(code, options)
    this.name = 'MediaFetchError'
    this.code = code
    this.retriable = retriable
    this.retryAfterSeconds = retryAfterSeconds
  }
}
