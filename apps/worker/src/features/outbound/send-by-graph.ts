import { renderIntent } from '@carteiro/contracts/intents/render-intent'
import type { ClaimedDelivery } from '@carteiro/domain/outbox/claim'
import type { AttemptFailed, AttemptOutcome } from '@carteiro/domain/outbox/settle'
import { uploadKeyOf } from '@carteiro/storage/keys'
import type { ObjectStorage } from '@carteiro/storage/storage'
import { askGraph } from '../../graph/ask-graph.ts'
import { type CloudNumber, type FindNumberDependencies, findNumber } from '../../graph/find-number.ts'
import type { GraphClient } from '../../graph/graph-client.ts'
import type { Report } from '../../report.ts'
import { toForm, toStreamedForm } from './graph-form.ts'
import { readSendAnswer, readSendError, unreachable } from './graph-outcome.ts'
import type { Send } from './send-by-broker.ts'
import { fileToUpload, type OwnFile, toGraphMessage } from './to-graph-message.ts'
import { type Speaker, uploadToGraph } from './upload-to-graph.ts'
import { lookUpFailed, notConfigured } from './waiting-outcome.ts'

export interface SendByGraphDependencies extends FindNumberDependencies {
  graph: GraphClient
  report: Pick<Report, 'cloudNotConfigured'>
  /** Where uploads are. */
  storage: Pick<ObjectStorage, 'open'>
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
  { graph, storage, timeoutMs }: SendByGraphDependencies,
  delivery: ClaimedDelivery,
  { phoneNumberId, token }: Found,
): Promise<AttemptOutcome> {
  const speaker = { phoneNumberId, token, signal: AbortSignal.timeout(timeoutMs) }
  const intent = renderIntent(delivery.intent)
  const file = fileToUpload(intent)
  // Before anything is uploaded for it: Meta may take no such message at all.
  const checked = toGraphMessage(delivery, intent)
  if (checked.status === 'refused') return { ...checked, status: 'failed', fault: 'message' }
  const uploaded = file && (await giveFile({ graph, storage }, speaker, { file, delivery }))
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

/** The bytes of a request's file are in it; an upload's are streamed from the storage. */
async function giveFile(
  { graph, storage }: Pick<SendByGraphDependencies, 'graph' | 'storage'>,
  speaker: Speaker,
  { file, delivery: { tenantId } }: { file: OwnFile; delivery: ClaimedDelivery },
): ReturnType<typeof uploadToGraph> {
  const { source } = file
  if ('base64' in source) return uploadToGraph(graph, speaker, await toForm(source.base64, file))
  const key = uploadKeyOf({ tenantId, uploadId: source.uploadId })
  const opened = await storage.open(key).catch(() => STORAGE_AWAY)
  if (!opened) return GONE
  if ('status' in opened) return opened
  try {
    return await uploadToGraph(graph, speaker, toStreamedForm(opened, file))
  } finally {
    opened.body.destroy()
  }
}

const STORAGE_AWAY: AttemptFailed = {
  status: 'failed',
  fault: 'waiting',
  code: 'STORAGE_UNAVAILABLE',
  message: 'The file cannot be read from the storage just now.',
  retryAfterSeconds: 60,
}

const GONE: AttemptFailed = {
  status: 'failed',
  fault: 'message',
  code: 'MEDIA_NOT_FOUND',
  message: 'The bytes of the upload are gone from the storage.',
}
