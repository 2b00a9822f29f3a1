import type { IntentFile } from '@carteiro/contracts/intents/file'
import type { AttemptFailed } from '@carteiro/domain/outbox/settle'
import { SNIFF_BYTES, sniff, UNKNOWN_TYPE } from '@carteiro/runtime/sniff-type'
import { FormData } from 'undici'
import { z } from 'zod'
import { askGraph } from '../../graph/ask-graph.ts'
import { type GraphClient, parseJson } from '../../graph/graph-client.ts'
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
 */
export async function uploadToGraph(
  graph: GraphClient,
  { phoneNumberId, token, signal }: Speaker,
  file: IntentFile & { base64: string },
): Promise<{ status: 'uploaded'; mediaId: string } | AttemptFailed> {
  const form = await toForm(file)
  const answer = await askGraph(graph, `${phoneNumberId}/media`, { token, signal, body: { form } }).catch(
    () => undefined,
  )
  if (!answer) return unreachable()
  const uploaded = Uploaded.safeParse(parseJson(answer.text))
  if (answer.status === 200 && uploaded.success) return { status: 'uploaded', mediaId: uploaded.data.id }
  return toFailure(readGraphFault(answer), answer.status)
}

async function toForm({
  base64,
  mimeType,
  fileName = 'file',
}: IntentFile & { base64: string }): Promise<FormData> {
  const bytes = Buffer.from(base64, 'base64')
  const type = mimeType ?? (await sniff(bytes.subarray(0, SNIFF_BYTES))).found ?? UNKNOWN_TYPE
  const form = new FormData()
  form.set('messaging_product', 'whatsapp')
  form.set('type', type)
  form.set('file', new File([bytes], fileName, { type }))
  return form
}
