import type { ClaimedDownload } from '@carteiro/domain/media/claim-downloads'
import type { DownloadOutcome } from '@carteiro/domain/media/settle-download'
import { backoffMs } from '@carteiro/runtime/backoff'
import { MediaFetchError } from './media-fetcher.ts'

/** Nobody was there to give the file: waiting is not failing, and uses no attempt. */
const WAITING = new Set([
  'BROKER_UNREACHABLE',
  'GRAPH_UNREACHABLE',
  'DATABASE_UNAVAILABLE',
  'INSTANCE_DISCONNECTED',
  'INSTANCE_ELSEWHERE',
  'NOT_CONFIGURED',
  'QUEUE_FULL',
  'RATE_LIMITED',
  'SHUTTING_DOWN',
  'STORAGE_UNAVAILABLE',
  // Meta keeps a file for days: time to give the number a new token.
  'TOKEN_INVALID',
])
/** Codes that have a name of their own for those who read messages. */
const REASONS: Record<string, string> = {
  MEDIA_GONE: 'media_gone',
  MEDIA_NOT_FOUND: 'media_gone',
  MEDIA_TOO_LARGE: 'too_large',
}
const WAIT_SECONDS = 60
const BACKOFF = { firstMs: 60_000, maxMs: 1_800_000 }
/** A transport that asks for more is asked again after so long all the same. */
const MAX_RETRY_AFTER_SECONDS = 86_400

/**
 * What follows when a file did not come: another try, 60 s later and then twice as long each time up to 30 minutes; or
 * a wait of 60 s, where nobody was there; or the end, with a reason.
 */
export function afterFault(
  error: unknown,
  { attempt, expired }: Pick<ClaimedDownload, 'attempt' | 'expired'>,
  maxAttempts: number,
): DownloadOutcome {
  const { code, retriable, retryAfterSeconds = 0 } = toFault(error)
  const asked = Math.min(retryAfterSeconds, MAX_RETRY_AFTER_SECONDS)
  if (WAITING.has(code)) {
    if (expired) return { status: 'failed', reason: 'expired' }
    return { status: 'later', code, afterSeconds: Math.max(WAIT_SECONDS, asked), usesAttempt: false }
  }
  if (!retriable || attempt >= maxAttempts || Object.hasOwn(REASONS, code)) {
    return { status: 'failed', reason: REASONS[code] ?? code.toLowerCase() }
  }
  return { status: 'later', code, afterSeconds: Math.max(retryDelay(attempt), asked), usesAttempt: true }
}

/** Seconds until the try after this one; without a limit of tries, for what must be done in the end. */
export const retryDelay = (attempt: number): number => backoffMs(attempt, BACKOFF) / 1_000

/** What is not the fetch's fault is the storage's, and that comes back. */
function toFault(error: unknown): Pick<MediaFetchError, 'code' | 'retriable' | 'retryAfterSeconds'> {
  if (error instanceof MediaFetchError) return error
  const isTooLarge = error instanceof Error && 'code' in error && error.code === 'MEDIA_TOO_LARGE'
  const code = isTooLarge ? 'MEDIA_TOO_LARGE' : 'STORAGE_UNAVAILABLE'
  return { code, retriable: !isTooLarge, retryAfterSeconds: undefined }
}
