import { askGraph } from '../../graph/ask-graph.ts'
import { type FindNumberDependencies, findNumber } from '../../graph/find-number.ts'
import type { GraphClient } from '../../graph/graph-client.ts'
import { readGraphFault } from '../../graph/graph-error.ts'
import type { TellResult } from './tell-read.ts'

export interface AskMeta extends FindNumberDependencies {
  graph: GraphClient
}

const TIMEOUT_MS = 25_000

/** The customer's message is read: it, and all before it. `typing` shows besides that an answer is written. */
export async function markReadAtMeta(
  { graph, ...dependencies }: AskMeta,
  owner: { tenantId: string; instanceId: string },
  message: { id: string; typing: boolean },
): Promise<TellResult> {
  const number = await findNumber(dependencies, owner)
  if (number.status === 'not_found') return { outcome: 'dropped', code: 'INSTANCE_NOT_FOUND' }
  if (number.status !== 'found') return { outcome: 'later', code: 'NOT_CONFIGURED' }
  const json = {
    messaging_product: 'whatsapp',
    status: 'read',
    message_id: message.id,
    ...(message.typing ? { typing_indicator: { type: 'text' } } : {}),
  }
  const { phoneNumberId, token } = number
  const speaker = { token, signal: AbortSignal.timeout(TIMEOUT_MS) }
  try {
    const answer = await askGraph(graph, `${phoneNumberId}/messages`, { ...speaker, body: { json } })
    if (answer.status >= 200 && answer.status < 300) return { outcome: 'told' }
    const { kind, code } = readGraphFault(answer)
    return { outcome: ['rate', 'unavailable', 'account'].includes(kind) ? 'later' : 'dropped', code }
  } catch {
    return { outcome: 'later', code: 'GRAPH_UNREACHABLE' }
  }
}
