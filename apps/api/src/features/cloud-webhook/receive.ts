import type { CloudWebhookAnswer } from '@carteiro/contracts/cloud-webhook'
import type { Envelope } from '@carteiro/contracts/envelope'
import { Slug } from '@carteiro/contracts/identifier'
import { Problem } from '@carteiro/contracts/problem'
import { type CloudInstance, findCloudInstances } from '@carteiro/domain/instances/find-cloud-instances'
import type { Dependencies } from '../../dependencies.ts'
import { parseStorable } from '../../json/bounded-json.ts'
import { type FindNumber, numbersIn, type ParsedCloud, parseCloud } from './parse-cloud.ts'
import { requireSeal, withOpened } from './require-seal.ts'
import { readSignature, signersOf } from './verify-signature.ts'

/** What a Cloud API webhook is received with. */
export interface CloudNeeds extends Pick<Dependencies, 'config' | 'db' | 'report'> {
  /** Resolves when all are committed to the queue. */
  ingest(envelopes: Envelope[]): Promise<void>
  /** Runs `prepare` at once, and `enter` in the order of arrival. */
  inArrivalOrder: <Prepared, Entered>(
    prepare: () => Promise<Prepared>,
    enter: (prepared: Prepared) => Promise<Entered>,
  ) => Promise<{ prepared: Prepared; entered: Entered }>
}

export interface CloudRequest {
  headers: Record<string, string | string[] | undefined>
  rawBody: Buffer
  requestId: string
  /** Whose address it came to; without it the numbers in the body say whose it is. */
  tenantId?: string | undefined
}

/** A body may name so many numbers before anybody proved to be Meta. */
const MAX_NUMBERS = 100
/** More than can ever wait in memory: no repetition would help. Meta itself sends at most 1,000. */
const MAX_EVENTS = 10_000
const OBJECT = 'whatsapp_business_account'
const NOTHING = 'There is neither a message nor a status in it.'

/** Whether a webhook's body is Meta's, whatever path it came by. */
export function isCloudBody(rawBody: Buffer): boolean {
  // Looked for in the bytes first: other bodies are not parsed twice.
  if (!rawBody.includes(`"${OBJECT}"`)) return false
  const body = parseStorable(rawBody.toString('utf8'))
  return typeof body === 'object' && body !== null && 'object' in body && body.object === OBJECT
}

/**
 * Takes Meta's webhook: verified over the raw bytes, read, and committed before the answer.
 *
 * @throws Problem INVALID_SIGNATURE for a wrong one as for a tenant or number that is not known; INVALID_WEBHOOK_JSON;
 * PAYLOAD_TOO_LARGE; QUEUE_FULL; WHATSAPP_NOT_CONFIGURED
 */
export async function receiveCloud(needs: CloudNeeds, request: CloudRequest): Promise<CloudWebhookAnswer> {
  const startedAt = performance.now()
  const { prepared } = await needs
    .inArrivalOrder(
      () => readCloud(needs, request),
      ({ envelopes }) => (envelopes.length > 0 ? needs.ingest(envelopes) : Promise.resolve()),
    )
    .catch((error: unknown) => {
      if (error instanceof Problem) needs.report.webhookRefused(error.code, 'cloud')
      throw error
    })
  const { envelopes, rejected, tellsAnything } = prepared
  needs.report.webhookEvents(request.requestId, { origin: 'cloud', envelopes, ignored: [], rejected })
  needs.report.webhookAnswered((performance.now() - startedAt) / 1000)
  if (!tellsAnything) return { success: true, message: NOTHING }
  return {
    success: true,
    queued: envelopes.length,
    rejected: rejected.map(({ path, reason }) => ({ path, reason })),
  }
}

async function readCloud(needs: CloudNeeds, request: CloudRequest): Promise<ParsedCloud> {
  const { headers, rawBody, requestId } = request
  const signature = readSignature(headers)
  const candidates = await findCandidates(needs, request, signature !== undefined)
  const signers = signersOf(candidates, signature, rawBody)
  if (signers.length === 0) throw new Problem('INVALID_SIGNATURE', SIGNATURE_HELP)
  const body = parseStorable(rawBody.toString('utf8'))
  if (body === undefined) throw new Problem('INVALID_WEBHOOK_JSON', 'The body is not valid JSON.')
  const isOnly = request.tenantId !== undefined && signers.length === 1
  const findNumber = numberFinder(signers, candidates, isOnly)
  const parsed = parseCloud(body, findNumber, { receivedAt: new Date(), requestId })
  if (parsed.envelopes.length > MAX_EVENTS) {
    throw new Problem('PAYLOAD_TOO_LARGE', `Send at most ${MAX_EVENTS} events at a time.`)
  }
  return parsed
}

const SIGNATURE_HELP =
  'X-Hub-Signature-256 must be sha256= and the HMAC-SHA256 of the raw body, in hex, with the app\u2019s secret.'

async function findCandidates(
  { config, db }: CloudNeeds,
  { tenantId, rawBody }: CloudRequest,
  signed: boolean,
): Promise<CloudInstance[]> {
  const seal = requireSeal({ config })
  if (!signed) return []
  return withOpened(async () => {
    if (tenantId === undefined) {
      const phoneNumberIds = numbersIn(parseStorable(rawBody.toString('utf8'))).slice(0, MAX_NUMBERS)
      return findCloudInstances({ db, seal }, { phoneNumberIds })
    }
    return Slug.safeParse(tenantId).success ? findCloudInstances({ db, seal }, { tenantId }) : []
  })
}

/**
 * Only an instance that the body was signed for gets its events.
 *
 * @param isOnly there is but one that it can be meant for: older samples name no number
 */
function numberFinder(signers: CloudInstance[], candidates: CloudInstance[], isOnly: boolean): FindNumber {
  const byNumber = new Map(signers.map((instance) => [instance.phoneNumberId, instance]))
  const others = new Set(candidates.map(({ phoneNumberId }) => phoneNumberId))
  return (phoneNumberId) => {
    if (phoneNumberId === undefined && !isOnly) return 'unknown_instance'
    const found = phoneNumberId === undefined ? signers[0] : byNumber.get(phoneNumberId)
    if (found) return { tenantId: found.tenantId, instanceId: found.id }
    return phoneNumberId !== undefined && others.has(phoneNumberId) ? 'invalid_signature' : 'unknown_instance'
  }
}
