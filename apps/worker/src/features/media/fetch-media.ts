import { Readable } from 'node:stream'
import type { ClaimedDownload, MediaSource } from '@carteiro/domain/media/claim-downloads'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import {
  type FetchByTransport,
  type FetchedMedia,
  MediaFetchError,
  type MediaRequest,
} from './media-fetcher.ts'

export type FetchMedia = (
  download: ClaimedDownload,
  source: MediaSource,
  signal: AbortSignal,
) => Promise<FetchedMedia>

/** One for each transport; one that is not configured is waited for. */
export interface Fetchers {
  baileys: FetchByTransport | undefined
  cloud: FetchByTransport | undefined
}

/**
 * Opens a message's file by the transport of its instance: a linked phone's from its broker, a Cloud API number's from
 * Meta. Bytes that came within the message need nobody. An address that a message names is never called: whoever
 * writes to us could choose it.
 */
export function createFetchMedia(fetchers: Fetchers): FetchMedia {
  return async (download, source, signal) => {
    if (source.inline !== null) return openInline(source.inline)
    const request = toRequest(download, source)
    if (!request) throw new MediaFetchError({ code: 'NO_SOURCE', retriable: false })
    const fetch = fetchers[source.transport]
    if (!fetch) throw new MediaFetchError({ code: 'NOT_CONFIGURED', retriable: true })
    try {
      return await fetch(request, signal)
    } catch (error) {
      throw toFetchError(error)
    }
  }
}

function toFetchError(error: unknown): MediaFetchError {
  if (error instanceof MediaFetchError) return error
  const code = isDatabaseUnavailable(error) ? 'DATABASE_UNAVAILABLE' : 'INTERNAL_ERROR'
  return new MediaFetchError({ code, retriable: true }, { cause: error })
}

function openInline(base64: string): FetchedMedia {
  const bytes = Buffer.from(base64, 'base64')
  return { body: Readable.from([bytes]), contentType: null, size: bytes.length }
}

/** The broker finds a file by its message, too; Meta has no other name for it than its id. */
function toRequest(download: ClaimedDownload, source: MediaSource): MediaRequest | undefined {
  const { providerMessageId, chatKey, type, file } = source
  const { tenantId, instanceId, messageId } = download
  const isFound = source.transport === 'cloud' ? file.id !== undefined : providerMessageId !== ''
  if (!isFound) return undefined
  // Without its key an address is no sealed file of WhatsApp's, but anybody's.
  const { directPath, mediaKey, url } = file.mediaKey === undefined ? {} : file
  return {
    tenantId,
    instanceId,
    messageId,
    providerMessageId,
    chatKey,
    media: { directPath, mediaKey, url, mediaType: type, id: file.id },
  }
}
