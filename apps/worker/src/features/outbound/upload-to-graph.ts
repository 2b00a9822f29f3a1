import type { AttemptFailed } from '@carteiro/domain/outbox/settle'
import { z } from 'zod'
import { askGraph } from '../../graph/ask-graph.ts'
import { type GraphClient, type GraphRequest, parseJson } from '../../graph/graph-client.ts'
import { readGraphFault } from '../../graph/graph-error.ts'
import { toFailure, unreachable } from './graph-outcome.ts'

const Uploaded = z.object({ id: z.string().regex(/^[\w-]{1,200}$/) })

/** The number that speaks, and for how long. */
export interface Speaker {
  phoneNumberId: string
  token: string
  signal: AbortSignal
}

/**
 * Gives Meta the bytes of a file, which it keeps for 30 days. No message leaves by it: whatever goes wrong may be
 * tried again.
 *
 * @param body the form, as `graph-form.ts` makes it
 */
export async function uploadToGraph(
  graph: GraphClient,
  { phoneNumberId, token, signal }: Speaker,
  body: GraphRequest['body'],
): Promise<{ status: 'uploaded'; mediaId: string } | AttemptFailed> {
  const answer = await askGraph(graph, `${phoneNumberId}/media`, {
    token,
    signal,
    ...(body ? { body } : {}),
  }).catch(() => undefined)
  if (!answer) return unreachable()
  const uploaded = Uploaded.safeParse(parseJson(answer.text))
  if (answer.status === 200 && uploaded.success) return { status: 'uploaded', mediaId: uploaded.data.id }
  return toFailure(readGraphFault(answer), answer.status)
}
