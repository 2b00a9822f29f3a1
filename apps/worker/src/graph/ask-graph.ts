import { type GraphClient, type GraphRequest, readText } from './graph-client.ts'

import type { GraphRefusal } from './graph-error.ts'

/**
 * One question to Meta, and its answer as text.
 *
 * Meta repeats a malformed token in its errors; here it is blotted out, so that it is in nothing that is kept.
 *
 * @throws what the connection did, when there is no answer
 */
export async function askGraph(
  graph: GraphClient,
  path: string,
  request: GraphRequest,
): Promise<GraphRefusal> {
  const { statusCode, headers, body } = await graph.ask(graph.at(path), request)
  const text = await readText(body)
  return {
    status: statusCode,
    text: text.replaceAll(request.token, '[access token]'),
    retryAfter: headers['retry-after'],
  }
}
