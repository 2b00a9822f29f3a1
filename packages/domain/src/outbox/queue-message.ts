import { createHash } from 'node:crypto'
import { type Intent, intentText } from '@carteiro/contracts/intent'
import { formatJid, type Jid, parseRecipient } from '@carteiro/contracts/jid'
import { newId } from '@carteiro/database/new-id'
import { nudgeOutbound } from '@carteiro/queue/enqueue'
import type { Queue } from '@carteiro/queue/queue'
import { sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import { addressOf } from '../contacts/phone.ts'
import { upsertContact } from '../contacts/upsert.ts'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { listInstances } from '../instances/find-instance.ts'
import { toMessageView } from '../messages/view.ts'
import { openTicket } from '../tickets/open-ticket.ts'
import { laneOf, lockLane } from './lane.ts'

export interface OutboundRequest {
  tenantId: string
  /** Without it, the tenant's only instance. */
  instanceId?: string | undefined
  to: string
  intent: Intent
  idempotencyKey?: string | undefined
  dossierId?: string | number | undefined
  maxAttempts: number
  actor: string
  requestId: string
}

export type QueueMessageResult =
  | { status: 'queued' | 'repeated'; id: string }
  | { status: 'key_mismatch'; id: string }
  | { status: 'invalid_to' }
  | { status: 'instance_not_found' }
  | { status: 'instance_required'; instanceIds: string[] }

/**
 * Accepts a message into the outbox: contact, ticket, message, delivery, audit, event and the workers' nudge in one
 * transaction. A known idempotency key is answered first, before anything else is looked at.
 */
export async function queueMessage(
  dependencies: CommitDependencies & { queue: Queue },
  request: OutboundRequest,
): Promise<QueueMessageResult> {
  const recipient = parseRecipient(request.to)
  if (!recipient) return { status: 'invalid_to' }
  return commit(dependencies, async (work) => {
    const known = await findKnownKey(work, request)
    if (known) return known
    const instance = await chooseInstance(work, request)
    if (instance.status !== 'chosen') return instance
    const id = await insertMessage(work, request, instance.instanceId, recipient)
    await nudgeOutbound(dependencies.queue, work.transaction, [
      { tenantId: request.tenantId, instanceId: instance.instanceId },
    ])
    return { status: 'queued', id }
  })
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
function hashRequest({ to, intent, dossierId }: OutboundRequest): Buffer {
  const recipient = parseRecipient(to)
  const canonical = [recipient ? formatJid(recipient) : to, Object.entries(intent).sort(), dossierId ?? null]
  return createHash('sha256').update(JSON.stringify(canonical)).digest()
}

async function chooseInstance(
  { transaction }: UnitOfWork,
  { tenantId, instanceId }: OutboundRequest,
): Promise<
  | { status: 'chosen'; instanceId: string }
  | { status: 'instance_not_found' }
  | { status: 'instance_required'; instanceIds: string[] }
> {
  const instances = await listInstances(transaction, tenantId)
  const instanceIds = instances.map((instance) => instance.id)
  if (instanceId !== undefined) {
    return instanceIds.includes(instanceId)
      ? { status: 'chosen', instanceId }
      : { status: 'instance_not_found' }
  }
  const [only] = instanceIds
  if (only === undefined) return { status: 'instance_required', instanceIds }
  return instanceIds.length === 1
    ? { status: 'chosen', instanceId: only }
    : { status: 'instance_required', instanceIds }
}

async function insertMessage(
  work: UnitOfWork,
  request: OutboundRequest,
  instanceId: string,
  recipient: Jid,
): Promise<string> {
  const { tenantId, intent } = request
  const { transaction } = work
  const text = intentText(intent)
  const address = addressOf(recipient)
  const contact = await upsertContact(work, tenantId, address)
  const ticket = await openTicket(work, {
    tenantId,
    contactId: contact.id,
    instanceId,
    direction: 'outbound',
    preview: text,
    at: new Date(),
  })
  const id = newId()
  const message = await transaction
    .insertInto('message')
    .values({
      tenant_id: tenantId,
      id,
      ticket_id: ticket.id,
      contact_id: contact.id,
      instance_id: instanceId,
      direction: 'outbound',
      type: intent.intent,
      text,
      content: JSON.stringify(intent),
      provider_message_id: null,
      state: 'QUEUED',
    })
    .returningAll()
    .executeTakeFirstOrThrow()

  const lane = { tenantId, instanceId, lane: laneOf(recipient) }
  await lockLane(transaction, lane)
  await transaction
    .insertInto('delivery')
    .values({
      tenant_id: tenantId,
      id,
      instance_id: instanceId,
      contact_id: contact.id,
      ticket_id: ticket.id,
      recipient: address.phone ?? formatJid(recipient),
      intent: intent.intent,
      payload: JSON.stringify(intent),
      lane: lane.lane,
      max_attempts: request.maxAttempts,
      idempotency_key: request.idempotencyKey ?? null,
      payload_hash: hashRequest(request),
      provider_message_id: null,
      error_code: null,
      error_message: null,
      dossier_id: request.dossierId === undefined ? null : JSON.stringify(request.dossierId),
      request_id: request.requestId,
    })
    .execute()
  await wakeIdleLane(work, lane)
  await tellQueued(work, request, { id, instanceId, ticketId: ticket.id, contactId: contact.id }, message)
  return id
}

/** An idle lane's new head may leave now; a lane in use goes on when its head settles. */
async function wakeIdleLane(
  { transaction }: UnitOfWork,
  lane: { tenantId: string; instanceId: string; lane: string },
): Promise<void> {
  await transaction
    .updateTable('lane')
    .set({ ready_at: sql`now()` })
    .where('tenant_id', '=', lane.tenantId)
    .where('instance_id', '=', lane.instanceId)
    .where('lane', '=', lane.lane)
    .where('ready_at', 'is', null)
    .where('claimed_until', 'is', null)
    .execute()
}

async function tellQueued(
  work: UnitOfWork,
  { tenantId, actor, requestId }: OutboundRequest,
  {
    id,
    instanceId,
    ticketId,
    contactId,
  }: { id: string; instanceId: string; ticketId: string; contactId: string },
  message: Parameters<typeof toMessageView>[0],
): Promise<void> {
  await recordAudit(work.transaction, [
    { tenantId, actor, action: 'CREATED', entityType: 'delivery', entityId: id, requestId },
  ])
  work.record({
    tenantId,
    type: 'messages.new',
    ticketId,
    contactId,
    instanceId,
    payload: { ticketId, contactId, message: toMessageView(message) },
  })
}
