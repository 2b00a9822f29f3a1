import { z } from 'zod'
import type { MediaFault } from './media-fetcher.ts'

/** An answer of Meta's that is not what was asked for. */
export interface GraphRefusal {
  status: number
  /** The beginning of the body, JSON or not. */
  text: string
  retryAfter: string | string[] | undefined
}

const GraphError = z.object({
  error: z.object({ code: z.number(), error_subcode: z.number().optional().catch(undefined) }),
})

/** Meta's numbers, by what they mean for a file. Those of a token are mended by a new token alone. */
const CODES: [code: string, retriable: boolean, numbers: number[]][] = [
  ['RATE_LIMITED', true, [4, 17, 32, 613, 80_007, 130_429]],
  ['TOKEN_INVALID', false, [0, 102, 190]],
  ['TOKEN_NOT_ALLOWED', false, [3, 10]],
  ['MEDIA_DOWNLOAD_ERROR', false, [131_052]],
  ['MEDIA_UPLOAD_ERROR', false, [131_053]],
  ['GRAPH_UNAVAILABLE', true, [1, 2, 131_000, 131_016]],
]
/** "Object with ID does not exist", also after the 7 days that Meta keeps a file. */
const UNKNOWN_OBJECT = { code: 100, subcode: 33 }

/** Whose fault it is: the number's where Meta gives one that is known, else the status's. */
export function toGraphFault({ status, text, retryAfter }: GraphRefusal): MediaFault {
  const { code, error_subcode: subcode } = readError(text)
  const seconds = Number(retryAfter)
  const retryAfterSeconds = Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined
  const known = CODES.find(([, , numbers]) => code !== undefined && numbers.includes(code))
  if (known) return { code: known[0], retriable: known[1], retryAfterSeconds }
  if (status === 429) return { code: 'RATE_LIMITED', retriable: true, retryAfterSeconds }
  if (status >= 500) return { code: 'GRAPH_UNAVAILABLE', retriable: true, retryAfterSeconds }
  if (status === 401) return { code: 'TOKEN_INVALID', retriable: false }
  if (status === 403 || (code !== undefined && code >= 200 && code < 300)) {
    return { code: 'TOKEN_NOT_ALLOWED', retriable: false }
  }
  const isUnknown = code === UNKNOWN_OBJECT.code && subcode === UNKNOWN_OBJECT.subcode
  if (status === 404 || status === 410 || isUnknown) return { code: 'MEDIA_GONE', retriable: false }
  return { code: 'GRAPH_ERROR', retriable: false }
}

function readError(text: string): { code?: number; error_subcode?: number | undefined } {
  try {
    return GraphError.parse(JSON.parse(text)).error
  } catch {
    return {}
  }
}
