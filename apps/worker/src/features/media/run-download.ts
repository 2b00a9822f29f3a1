import type { ClaimedDownload, MediaSource } from '@carteiro/domain/media/claim-downloads'
import { type DownloadOutcome, settleDownload } from '@carteiro/domain/media/settle-download'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import { storageKeyOf } from '@carteiro/storage/keys'
import type { ObjectStorage } from '@carteiro/storage/storage'
import type { Dependencies } from '../../dependencies.ts'
import { afterFault, retryDelay } from './after-fault.ts'
import type { FetchMedia } from './fetch-media.ts'
import { MediaFetchError } from './media-fetcher.ts'
import { storeMedia } from './store-media.ts'

export type DownloadDependencies = Pick<
  Dependencies,
  'db' | 'lifecycle' | 'logger' | 'notifier' | 'report'
> & {
  config: Pick<Dependencies['config'], 'MEDIA_MAX_ATTEMPTS' | 'MEDIA_MAX_BYTES' | 'MEDIA_TIMEOUT_SECONDS'>
  fetchMedia: FetchMedia
  storage: Pick<ObjectStorage, 'put' | 'delete'>
}

/** So much longer than a fetch may take is a claim: what is left is for recording how it ended. */
const TO_SETTLE_SECONDS = 60

export const claimSecondsOf = ({ MEDIA_TIMEOUT_SECONDS }: DownloadDependencies['config']): number =>
  MEDIA_TIMEOUT_SECONDS + TO_SETTLE_SECONDS

/** One try at one file, from its claim to its record. */
export async function runDownload(
  dependencies: DownloadDependencies,
  download: ClaimedDownload,
): Promise<void> {
  const { lifecycle, logger, report } = dependencies
  const startedAt = performance.now()
  const outcome = await work(dependencies, download)
  const seconds = (performance.now() - startedAt) / 1_000
  try {
    const result = await retryWhileDatabaseAway(() => settleDownload(dependencies, download, outcome), {
      signal: lifecycle.signal,
    })
    report.mediaSettled(download, outcome, result, seconds)
  } catch (error) {
    // The claim ends, and another try records what this one could not.
    logger.warn({ err: error, messageId: download.messageId }, 'a media outcome was not recorded')
  }
}

function work(dependencies: DownloadDependencies, download: ClaimedDownload): Promise<DownloadOutcome> {
  return download.source ? fetchOnce(dependencies, download, download.source) : remove(dependencies, download)
}

async function fetchOnce(
  dependencies: DownloadDependencies,
  download: ClaimedDownload,
  source: MediaSource,
): Promise<DownloadOutcome> {
  const { config, fetchMedia, lifecycle, logger, storage } = dependencies
  // Each of its workers died over it.
  if (download.attempt > config.MEDIA_MAX_ATTEMPTS) return { status: 'failed', reason: 'abandoned' }
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), config.MEDIA_TIMEOUT_SECONDS * 1_000)
  const signal = AbortSignal.any([late.signal, lifecycle.signal])
  try {
    const stored = await storeMedia(storage, await fetchMedia(download, source, signal), {
      key: storageKeyOf(download),
      maxBytes: config.MEDIA_MAX_BYTES,
      claimedType: source.claimedType,
      sha256: source.sha256,
      signal,
    })
    return { status: 'ready', ...stored }
  } catch (error) {
    if (lifecycle.signal.aborted) {
      return { status: 'later', code: 'STOPPED', afterSeconds: 0, usesAttempt: false }
    }
    const fault = late.signal.aborted ? new MediaFetchError({ code: 'TIMEOUT', retriable: true }) : error
    const outcome = afterFault(fault, download, config.MEDIA_MAX_ATTEMPTS)
    if (isUnexpected(outcome)) {
      logger.warn({ err: error, messageId: download.messageId }, 'a file could not be fetched or stored')
    }
    return outcome
  } finally {
    clearTimeout(timer)
  }
}

/** Nothing that a transport told: whoever mends it needs the error itself. */
const isUnexpected = (outcome: DownloadOutcome): boolean =>
  (outcome.status === 'later' && ['STORAGE_UNAVAILABLE', 'INTERNAL_ERROR'].includes(outcome.code)) ||
  (outcome.status === 'failed' && outcome.reason === 'internal_error')

/** What a customer took back must go, however long the storage is away. */
async function remove(
  { logger, storage }: DownloadDependencies,
  download: ClaimedDownload,
): Promise<DownloadOutcome> {
  try {
    await storage.delete(storageKeyOf(download))
    return { status: 'deleted' }
  } catch (error) {
    logger.warn({ err: error, messageId: download.messageId }, 'a revoked file could not be deleted yet')
    const afterSeconds = retryDelay(download.attempt)
    return { status: 'later', code: 'STORAGE_UNAVAILABLE', afterSeconds, usesAttempt: true }
  }
}
