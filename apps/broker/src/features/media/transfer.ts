import { mediaFetchFailed } from './media-problems.ts'

/** One download's share of time: it ends by itself, however slow the media host or the caller may be. */
export interface Transfer {
  /** Ends the download. Its reason is a Problem, unless the caller went away. */
  signal: AbortSignal
  /** The answer has begun: the rest may take longer. */
  begin(): void
  /** It is whole: no time is measured any more. */
  close(): void
  abort(reason?: Error): void
}

export interface TransferTimes {
  firstBytesMs: number
  wholeMs: number
}

/** The first bytes come before the 30 s are over that callers wait for them. */
const TIMES: TransferTimes = { firstBytesMs: 25_000, wholeMs: 5 * 60_000 }

/** @param callerGone aborts when nobody waits for the file any more */
export function createTransfer(callerGone: AbortSignal, times: TransferTimes = TIMES): Transfer {
  const ending = new AbortController()
  const endAfter = (ms: number) => setTimeout(() => ending.abort(mediaFetchFailed('it is too slow')), ms)
  let timer = endAfter(times.firstBytesMs)
  return {
    signal: AbortSignal.any([callerGone, ending.signal]),
    begin() {
      clearTimeout(timer)
      timer = endAfter(times.wholeMs)
    },
    close: () => clearTimeout(timer),
    abort(reason) {
      clearTimeout(timer)
      ending.abort(reason)
    },
  }
}
