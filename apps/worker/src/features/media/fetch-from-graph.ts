import { type FindNumberDependencies, findNumber } from '../../graph/find-number.ts'
import type { MediaGraph } from './graph.ts'
import { type FetchByTransport, MediaFetchError, type MediaRequest } from './media-fetcher.ts'

export interface FetchFromGraphDependencies extends FindNumberDependencies {
  graph: MediaGraph
}

/** Meta's are digits; nothing that would be a path. */
const MEDIA_ID = /^[\w-]{1,200}$/

/**
 * Opens files of a Cloud API number: Meta is asked where the file is, and then for its bytes, by the number's own access
 * token. A worker without the key for tokens, and a number without one, are waited for: a person can mend them.
 */
export function fetchFromGraph(dependencies: FetchFromGraphDependencies): FetchByTransport {
  const { graph } = dependencies
  return async (request, signal) => {
    const { id = '' } = request.media
    if (!MEDIA_ID.test(id)) throw new MediaFetchError({ code: 'NO_SOURCE', retriable: false })
    const token = await readToken(dependencies, request)
    return await graph.open(await graph.locate(id, token, signal), token, signal)
  }
}

async function readToken(
  dependencies: FindNumberDependencies,
  { tenantId, instanceId }: MediaRequest,
): Promise<string> {
  const number = await findNumber(dependencies, { tenantId, instanceId })
  switch (number.status) {
    case 'found':
      return number.token
    case 'not_found':
      throw new MediaFetchError({ code: 'INSTANCE_NOT_FOUND', retriable: false })
    case 'not_configured':
      throw new MediaFetchError({ code: 'NOT_CONFIGURED', retriable: true }, { cause: new Error(number.why) })
    default:
      return number satisfies never
  }
}
