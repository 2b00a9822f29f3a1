import { z } from 'zod'
import { parseJson } from './graph-client.ts'

/** An answer of Meta's that is not what was asked for. */
export interface GraphRefusal {
  status: number
  /** The beginning of the body, JSON or not. */
  text: string
  retryAfter: string | string[] | undefined
}

/**
 * What a refusal is about: the number's pace, Meta itself, the number's account or token, a file, the message, a
 * thing that is not there, or none of them.
 */
export type GraphFaultKind = 'rate' | 'unavailable' | 'account' | 'file' | 'message' | 'missing' | 'other'

export interface GraphFault {
  kind: GraphFaultKind
  /** Ours. */
  code: string
  retryAfterSeconds: number | undefined
  /** As Meta wrote it, where it did. */
  error: GraphError | undefined
}

const GraphError = z.object({
  code: z.number(),
  error_subcode: z.number().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  error_data: z.object({ details: z.string() }).optional().catch(undefined),
  fbtrace_id: z.string().optional().catch(undefined),
})
export type GraphError = z.infer<typeof GraphError>
const GraphErrorBody = z.object({ error: GraphError })

/** Meta's numbers, from its list of error codes. Those of a token are mended by a new token alone. */
const CODES: [kind: GraphFaultKind, code: string, numbers: number[]][] = [
  ['rate', 'RATE_LIMITED', [4, 17, 32, 613, 80_007, 130_429]],
  ['rate', 'PAIR_RATE_LIMITED', [131_056]],
  ['rate', 'SPAM_RATE_LIMITED', [131_048]],
  ['unavailable', 'GRAPH_UNAVAILABLE', [1, 2, 131_000, 131_016]],
  ['account', 'TOKEN_INVALID', [0, 102, 190]],
  ['account', 'TOKEN_NOT_ALLOWED', [3, 10, 131_005]],
  ['account', 'ACCOUNT_RESTRICTED', [368, 131_031]],
  ['account', 'NUMBER_NOT_READY', [131_037, 131_042, 131_045, 131_057, 133_010]],
  ['file', 'MEDIA_DOWNLOAD_ERROR', [131_052]],
  ['file', 'MEDIA_UPLOAD_ERROR', [131_053]],
  ['missing', 'NUMBER_NOT_FOUND', [33]],
  ['message', 'INVALID_PAYLOAD', [100, 131_008, 131_009, 135_000]],
  ['message', 'UNSUPPORTED_TYPE', [131_051]],
  ['message', 'INVALID_TO', [131_021, 131_030]],
  ['message', 'RECIPIENT_UNREACHABLE', [131_026]],
  ['message', 'WINDOW_CLOSED', [131_047]],
  ['message', 'RECIPIENT_OPTED_OUT', [131_050]],
  ['message', 'NOT_DELIVERED_BY_META', [130_472, 130_497, 131_049]],
  ['message', 'TEMPLATE_NOT_FOUND', [132_001]],
  ['message', 'TEMPLATE_PARAMETERS', [132_000, 132_005, 132_012]],
  ['message', 'TEMPLATE_REFUSED', [132_007, 132_015, 132_016]],
]
/** A group of numbers that Meta keeps for one thing, where none of its own is named above. */
const RANGES: [kind: GraphFaultKind, code: string, from: number, to: number][] = [
  ['account', 'TOKEN_NOT_ALLOWED', 200, 299],
  ['message', 'TEMPLATE_REFUSED', 132_000, 132_999],
]
/** "Object with ID does not exist", also after the 7 days that Meta keeps a file. */
const UNKNOWN_OBJECT = { code: 100, subcode: 33 }

/** Whose fault it is: the number's where Meta gives one that is known, else the status's. */
export function readGraphFault({ status, text, retryAfter }: GraphRefusal): GraphFault {
  const body = GraphErrorBody.safeParse(parseJson(text))
  const error = body.success ? body.data.error : undefined
  const { kind, code } = (error && byNumber(error)) ?? byStatus(status)
  const seconds = Number(retryAfter)
  const retryAfterSeconds = Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined
  return { kind, code, retryAfterSeconds, error }
}

type Known = Pick<GraphFault, 'kind' | 'code'>

function byNumber({ code: number, error_subcode: subcode }: GraphError): Known | undefined {
  if (number === UNKNOWN_OBJECT.code && subcode === UNKNOWN_OBJECT.subcode) return MISSING
  const [kind, code] =
    CODES.find(([, , numbers]) => numbers.includes(number)) ??
    RANGES.find(([, , from, to]) => number >= from && number <= to) ??
    []
  return kind && code ? { kind, code } : undefined
}

const MISSING: Known = { kind: 'missing', code: 'NUMBER_NOT_FOUND' }

function byStatus(status: number): Known {
  if (status === 429) return { kind: 'rate', code: 'RATE_LIMITED' }
  if (status >= 500) return { kind: 'unavailable', code: 'GRAPH_UNAVAILABLE' }
  if (status === 401) return { kind: 'account', code: 'TOKEN_INVALID' }
  if (status === 403) return { kind: 'account', code: 'TOKEN_NOT_ALLOWED' }
  if (status === 404 || status === 410) return MISSING
  return { kind: 'other', code: 'GRAPH_ERROR' }
}
