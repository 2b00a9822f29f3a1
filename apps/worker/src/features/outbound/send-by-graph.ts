import { renderIntent } from '@carteiro/contracts/intents/render-intent'
import type { ClaimedDelivery } from '@carteiro/domain/outbox/claim'
import type { AttemptFailed, AttemptOutcome } from '@carteiro/domain/outbox/settle'
import { askGraph } from '../../graph/ask-graph.ts'
import { type CloudNumber, type FindNumberDependencies, findNumber } from '../../graph/find-number.ts'
import type { GraphClient } from '../../graph/graph-client.ts'
import type { Report } from '../../report.ts'
import { readSendAnswer, readSendError, unreachable } from './graph-outcome.ts'
import type { Send } from './send-by-broker.ts'
import { fileToUpload, toGraphMessage } from './to-graph-message.ts'
import { uploadToGraph } from './upload-to-graph.ts'
import { lookUpFailed, notConfigured } from './waiting-outcome.ts'

export interface SendByGraphDependencies extends FindNumberDependencies {
  graph: GraphClient
  report: Pick<Report, 'cloudNotConfigured'>
  /** Of one attempt, its file's upload included; shorter than a claim. */
  timeoutMs: number
}

/**
 * The channel to Meta's Cloud API. Meta takes no idempotency key: a message of which nobody knows whether it left is
 * not repeated, and its id goes along so that a receipt can tell.
 */
export function sendByGraph(dependencies: SendByGraphDependencies): Send {
  return async (delivery) => {
    const number = await find(dependencies, delivery)
    if (number.status !== 'found') return number
    return sendFor(dependencies, delivery, number)
  }
}

type Found = Extract<CloudNumber, { status: 'found' }>

async function find(
  dependencies: SendByGraphDependencies,
  { tenantId, instanceId }: ClaimedDelivery,
): Promise<Found | AttemptFailed> {
  try {
    const number = await findNumber(dependencies, { tenantId, instanceId })
    const why = number.status === 'not_configured' ? number.why : undefined
    dependencies.report.cloudNotConfigured({ tenantId, instanceId }, why)
    if (number.status === 'found') return number
    return notConfigured(why ?? 'The instance is no number of the Cloud API.')
  } catch (error) {
    return lookUpFailed(error)
  }
}

async function sendFor(
  { graph, timeoutMs }: SendByGraphDependencies,
  delivery: ClaimedDelivery,
  { phoneNumberId, token }: Found,
): Promise<AttemptOutcome> {
  const speaker = { phoneNumberId, token, signal: AbortSignal.timeout(timeoutMs) }
  const intent = renderIntent(delivery.intent)
  const file = fileToUpload(intent)
  // Before anything is uploaded for it: Meta may take no such message at all.
  const checked = toGraphMessage(delivery, intent)
  if (checked.status === 'refused') return { ...checked, status: 'failed', fault: 'message' }
  const uploaded = file && (await uploadToGraph(graph, speaker, file))
  if (uploaded?.status === 'failed') return uploaded
  if (speaker.signal.aborted) return unreachable()
  const message = uploaded ? toGraphMessage(delivery, intent, uploaded.mediaId) : checked
  if (message.status === 'refused') return { ...message, status: 'failed', fault: 'message' }
  try {
    const body = { json: message.body }
    return readSendAnswer(await askGraph(graph, `${phoneNumberId}/messages`, { ...speaker, body }))
  } catch (error) {
    return readSendError(error)
  }
}
