import { createHash } from 'node:crypto'
import type { Purpose } from '@carteiro/contracts/consent'
import type { Intent } from '@carteiro/contracts/intent'
import { formatJid, type Jid, parseRecipient } from '@carteiro/contracts/jid'
import type { MessageTable } from '@carteiro/database/tables'
import { nudgeOutbound } from '@carteiro/queue/enqueue'
import type { Queue } from '@carteiro/queue/queue'
import { type Selectable, sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import { isAnswer } from '../consents/answer.ts'
import { type BlockedByPolicy, maySend } from '../consents/may-send.ts'
import { addressOf } from '../contacts/phone.ts'
import { learnContact } from '../contacts/upsert.ts'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { chooseInstance } from '../instances/choose-instance.ts'
import { tellAccepted } from '../messages/tell-new-message.ts'
import { noteTaken } from '../uploads/take-upload.ts'
import type { Upload } from '../uploads/upload.ts'
import { canonicalJson } from './canonical-json.ts'
import { checkTimes } from './check-times.ts'
import { type AcceptedMessage, insertDelivery } from './insert-delivery.ts'
import { type IntentRefusal, prepareIntent } from './prepare-intent.ts'
import { type NotReady, readNotReady } from './read-readiness.ts'

export interface OutboundRequest {
  tenantId: string
  /** Without it, the tenant's only instance. */
  instanceId?: string | undefined
  to: string
  intent: Intent
  idempotencyKey?: string | undefined
  dossierId?: string | number | undefined
  maxAttempts: number
  /** Not before: until then it holds up nothing. */
  scheduledAt?: Date | undefined
  /** Not after: what has not left by then fails as EXPIRED. */
  expiresAt?: Date | undefined
  /** `service` unless said otherwise. Marketing leaves after everything else, and not in quiet hours. */
  purpose?: Purpose | undefined
  /** 0 a reply, 1 a service message (unless said otherwise), 2 a campaign. Marketing is a campaign always. */
  priority?: 0 | 1 | 2 | undefined
  subject?: string | undefined
  templateCode?: string | undefined
  /** A person waits for it: refused while its instance could not send it. */
  atOnce?: boolean | undefined
  /** It tells a contact that its consent is taken back: whether it may be written to is not asked. */
  policyExempt?: boolean | undefined
  actor: string
  requestId: string
}

export type QueueMessageResult =
  | { status: 'queued' | 'repeated'; id: string }
  | { status: 'key_mismatch'; id: string }
  | { status: 'invalid_to' }
  | { status: 'instance_not_found' }
  | { status: 'instance_required'; instanceIds: string[] }
  | NotReady
  | BlockedByPolicy
  | IntentRefusal

/**
 * Accepts a message into the outbox: contact, ticket, message, delivery, audit, event and the workers' nudge in one
 * transaction. A known idempotency key is answered first, before anything else is looked at.
 */
export async function queueMessage(
  dependencies: CommitDependencies & { queue: Queue },
  request: OutboundRequest,
): Promise<QueueMessageResult> {
  return commit(dependencies, (work) => queueWithin(work, dependencies.queue, request))
}

/** Accepts a message within an act that does more than that, as `queueMessage` does. */
export async function queueWithin(
  work: UnitOfWork,
  queue: Queue,
  request: OutboundRequest,
): Promise<QueueMessageResult> {
  const recipient = parseRecipient(request.to)
  if (!recipient) return { status: 'invalid_to' }
  const known = await findKnownKey(work, request)
  if (known) return known
  const chosen = await chooseInstance(work.transaction, request)
  if (chosen.status !== 'chosen') return chosen
  const { tenantId, purpose = 'service' } = request
  const { instanceId } = chosen
  const notReady = request.atOnce && (await readNotReady(work.transaction, { tenantId, instanceId }))
  if (notReady) return notReady
  const prepared =
    checkTimes(request) ?? (await prepareIntent(work.transaction, { ...request, instanceId, recipient }))
  if (prepared.status !== 'prepared') return prepared
  const question = { ...request, purpose, recipient, isAnswer: isAnswer(request) }
  const blocked = !request.policyExempt && (await maySend(work, question))
  if (blocked) return blocked
  const { intent, upload } = prepared
  if (upload && !(await takeFor(work, recipient, upload))) {
    return { status: 'upload_expired', uploadId: upload.uploadId }
  }
  const accepted = toAccepted(request, { instanceId, recipient, intent, upload })
  const message = await insertDelivery(work, accepted)
  await nudgeOutbound(queue, work.transaction, [{ tenantId, instanceId }])
  await tellQueued(work, request, message)
  return { status: 'queued', id: message.id }
}

/** The contact is locked first, where there is one: a merge holds it before the uploads that it takes along. */
async function takeFor(work: UnitOfWork, recipient: Jid, upload: Upload): Promise<boolean> {
  await learnContact(work, upload.tenantId, addressOf(recipient))
  return noteTaken(work.transaction, upload)
}

function toAccepted(
  request: OutboundRequest,
  found: Pick<AcceptedMessage, 'instanceId' | 'recipient' | 'intent' | 'upload'>,
): AcceptedMessage {
  const { tenantId, maxAttempts, idempotencyKey, dossierId, requestId } = request
  const { purpose = 'service', scheduledAt, expiresAt, subject, templateCode } = request
  return {
    ...found,
    ...{ tenantId, maxAttempts, idempotencyKey, dossierId, requestId },
    ...{ purpose, scheduledAt, expiresAt, subject, templateCode },
    priority: purpose === 'marketing' ? 2 : (request.priority ?? 1),
    payloadHash: hashRequest(request),
    policyExempt: request.policyExempt ?? false,
  }
}

/** The lock makes two requests with one key take turns, so that the second finds the first one's row. */
async function findKnownKey(
  { transaction }: UnitOfWork,
  request: OutboundRequest,
): Promise<QueueMessageResult | undefined> {
  const { tenantId, idempotencyKey } = request
  if (idempotencyKey === undefined) return undefined
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${tenantId}/${idempotencyKey}`}, 0))`.execute(
    transaction,
  )
  const row = await transaction
    .selectFrom('delivery')
    .select(['id', 'instance_id', 'payload_hash'])
    .where('tenant_id', '=', tenantId)
    .where('idempotency_key', '=', idempotencyKey)
    .executeTakeFirst()
  if (!row) return undefined
  const sameInstance = request.instanceId === undefined || request.instanceId === row.instance_id
  const same = sameInstance && row.payload_hash.equals(hashRequest(request))
  return { status: same ? 'repeated' : 'key_mismatch', id: row.id }
}

/** What makes two requests the same one, but for the instance, which a request may leave out. */
function hashRequest(request: OutboundRequest): Buffer {
  const { to, intent, dossierId } = request
  const recipient = parseRecipient(to)
  const canonical = [
    recipient ? formatJid(recipient) : to,
    intent,
    dossierId ?? null,
    // Nothing where nothing is asked for: a hash without these is the same one.
    ...wishesOf(request),
  ]
  return createHash('sha256').update(canonicalJson(canonical)).digest()
}

const wishesOf = ({ scheduledAt, expiresAt, purpose, priority, subject, templateCode }: OutboundRequest) => {
  const wishes = { scheduledAt, expiresAt, purpose, priority, subject, templateCode }
  const asked = Object.entries(wishes).filter(([, value]) => value !== undefined)
  return asked.length > 0 ? [asked.sort()] : []
}

/** An upload may be sent many times: each is told. */
const sentUpload = ({ id, upload_id: uploadId }: Selectable<MessageTable>) =>
  uploadId === null
    ? []
    : [
        {
          action: 'SENT' as const,
          entityType: 'upload' as const,
          entityId: uploadId,
          details: { messageId: id },
        },
      ]

async function tellQueued(
  work: UnitOfWork,
  { tenantId, actor, requestId }: OutboundRequest,
  message: Selectable<MessageTable>,
): Promise<void> {
  await recordAudit(work.transaction, [
    { tenantId, actor, action: 'CREATED', entityType: 'delivery', entityId: message.id, requestId },
    ...sentUpload(message).map((sent) => ({ ...sent, tenantId, actor, requestId })),
  ])
  await tellAccepted(work, message)
}
