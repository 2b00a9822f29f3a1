import type { DeliveryState } from '@carteiro/contracts/delivery'
import { withoutBytes } from '@carteiro/contracts/intents/without-bytes'
import type { OutboundMessage, OutboundMessageDetail } from '@carteiro/contracts/outbound-message'
import type { Queryable } from '@carteiro/database/connect'
import type { DeliveryTable } from '@carteiro/database/outbox-tables'
import type { Selectable } from 'kysely'
import { readHistory } from './history.ts'

/** An outbound message of the tenant with its attempts and its states, or `undefined` when the tenant has none of this id. */
export async function readOutboundMessage(
  db: Queryable,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<OutboundMessageDetail | undefined> {
  const row = await db
    .selectFrom('delivery')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const attempts = await db
    .selectFrom('delivery_attempt')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('delivery_id', '=', id)
    .orderBy('generation')
    .orderBy('number')
    .execute()
  return {
    ...toOutboundMessage(row),
    history: await readHistory(db, { tenantId, id }),
    attempts: attempts.map((attempt) => ({
      attemptNo: attempt.number,
      status: attempt.outcome,
      startedAt: attempt.started_at.toISOString(),
      finishedAt: attempt.finished_at?.toISOString() ?? null,
      errorCode: attempt.error_code,
      errorMessage: attempt.error_message,
      providerResponse: attempt.provider_response ?? null,
      nextRetryAt: attempt.next_attempt_at?.toISOString() ?? null,
    })),
  }
}

/** A delivery's row, as told outside. */
export function toOutboundMessage(row: Selectable<DeliveryTable>): OutboundMessage {
  return {
    id: row.id,
    orgId: row.tenant_id,
    dossierId: (row.dossier_id as string | number | null) ?? null,
    channel: 'WHATSAPP',
    to: row.recipient,
    instanceId: row.instance_id,
    intent: row.intent,
    templateCode: row.template_code,
    subject: row.subject,
    payloadJson: withoutBytes(row.payload),
    status: row.state as DeliveryState,
    providerMessageId: row.provider_message_id,
    idempotencyKey: row.idempotency_key,
    internalMessageId: row.id,
    priority: row.priority,
    purpose: row.purpose,
    attemptCount: row.attempts,
    maxAttempts: row.max_attempts,
    nextAttemptAt: row.next_attempt_at?.toISOString() ?? null,
    scheduledAt: row.scheduled_at?.toISOString() ?? null,
    expiresAt: row.expires_at?.toISOString() ?? null,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}
