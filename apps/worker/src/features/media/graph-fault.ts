import { type GraphRefusal, readGraphFault } from '../../graph/graph-error.ts'
import type { MediaFault } from './media-fetcher.ts'

/** What a refusal of Meta's means for a file. */
export function toGraphFault(refusal: GraphRefusal): MediaFault {
  const { kind, code, retryAfterSeconds } = readGraphFault(refusal)
  switch (kind) {
    case 'rate':
    case 'unavailable':
      return { code, retriable: true, retryAfterSeconds }
    case 'account':
    case 'file':
      return { code, retriable: false }
    case 'missing':
      return { code: 'MEDIA_GONE', retriable: false }
    case 'message':
    case 'other':
      return { code: 'GRAPH_ERROR', retriable: false }
    default:
      return kind satisfies never
  }
}
