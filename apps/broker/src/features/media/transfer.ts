import { mediaFetchFailed } from './media-problems.ts'

/** One download's share of time: it ends by itself, however slow the media host or the caller may be. */
export interface Transfer {
  /** Ends the download. Its reason is a Problem, unless the caller went away. */
  signal: AbortSignal
  /** The answer has begun: the rest may take longer. */
  begin(): void
  end(reason?: Error): void
}

/** Below the 30 s that callers wait for the first bytes. */
const FIRST_BYTES_MS = 25_000
const WHOLE_MS = 5 * 60_000

/** @param callerGone aborts when nobody waits for the file any more */
export function createTransfer(callerGone: AbortSignal): Transfer {
  const ending = new AbortController()
  const endAfter = (ms: number) => setTimeout(() => ending.abort(mediaFetchFailed('it is too slow')), ms)
  let timer = endAfter(FIRST_BYTES_MS)
  return {
    signal: AbortSignal.any([callerGone, ending.signal]),
    begin() {
      clearTimeout(timer)
      timer = endAfter(WHOLE_MS)
    },
    end(reason) {
      clearTimeout(timer)
      ending.abort(reason)
    },
  }
}
