import type { BrokerClient } from '@carteiro/broker-client/broker-client'
import type { BrokerFailure } from '@carteiro/broker-client/faults'
import { type MediaDownloadBody, SealedMedia } from '@carteiro/contracts/broker-api'
import {
  type FetchByTransport,
  type MediaFault,
  MediaFetchError,
  type MediaRequest,
} from './media-fetcher.ts'

/**
 * Opens files by a broker. The file's own place and key are sent first, which any broker can use, connected or not; when
 * it is gone from there, the message's id, by which a broker may ask its sender for it again.
 */
export function fetchByBroker(broker: Pick<BrokerClient, 'downloadMedia'>): FetchByTransport {
  return async (request, signal) => {
    let fault: MediaFault = { code: 'NO_SOURCE', retriable: false }
    for (const media of waysTo(request)) {
      const options = { requestId: request.messageId, signal }
      const result = await broker.downloadMedia(request.instanceId, media, options)
      if (result.status === 'done') return result
      fault = toFault(result)
      if (fault.code !== 'MEDIA_GONE') break
    }
    throw new MediaFetchError(fault)
  }
}

function waysTo({ providerMessageId, media }: MediaRequest): MediaDownloadBody[] {
  const sealed = SealedMedia.safeParse(media)
  const isPlaced = media.directPath !== undefined || media.url !== undefined
  const ways: MediaDownloadBody[] = sealed.success && isPlaced ? [sealed.data] : []
  return providerMessageId === '' ? ways : [...ways, { messageId: providerMessageId }]
}

/** Codes of the broker contracts that make a file wait for its broker. Others that wait have no name of their own. */
const WAITING = new Set([
  'BROKER_UNREACHABLE',
  'DATABASE_UNAVAILABLE',
  'INSTANCE_DISCONNECTED',
  'INSTANCE_ELSEWHERE',
  'RATE_LIMITED',
  'SHUTTING_DOWN',
])
/** The broker's own settings are wrong, or ours: not the file's fault. */
const MENDABLE = new Set([401, 403, 408])

function toFault({ code, fault, httpStatus = 0, retryAfterSeconds }: BrokerFailure): MediaFault {
  if (code === 'INSTANCE_NOT_CONNECTED') return { code: 'INSTANCE_DISCONNECTED', retriable: true }
  if (fault === 'waiting') {
    return { code: WAITING.has(code) ? code : 'BROKER_UNREACHABLE', retriable: true, retryAfterSeconds }
  }
  if (code === 'INSTANCE_NOT_FOUND') return { code, retriable: true }
  if (code === 'NOT_FOUND' || httpStatus === 405 || httpStatus === 501) {
    return { code: 'UNSUPPORTED_OPERATION', retriable: false }
  }
  if (httpStatus === 404 || httpStatus === 410) return { code: 'MEDIA_GONE', retriable: false }
  if (httpStatus === 413) return { code: 'MEDIA_TOO_LARGE', retriable: false }
  const isRefusal = httpStatus >= 400 && httpStatus < 500 && !MENDABLE.has(httpStatus)
  return { code, retriable: !isRefusal, retryAfterSeconds }
}
