import type { DatabaseTransaction } from '@carteiro/database/connect'
import { newId } from '@carteiro/database/new-id'

export interface AuditEntry {
  tenantId: string
  /** Who: a user's id, `key:<id>`, `worker`, `cli`. */
  actor: string
  action:
    | 'CREATED'
    | 'SENT'
    | 'UPDATED'
    | 'FAILED'
    | 'CANCELLED'
    | 'DELETED'
    | 'BLOCKED_BY_POLICY'
    | 'EXPORTED'
    | 'ERASED'
  entityType:
    | 'delivery'
    | 'contact'
    | 'instance'
    | 'api_key'
    | 'tenant'
    | 'template'
    | 'flow'
    | 'ticket'
    | 'queue'
    | 'upload'
    | 'message'
  entityId: string
  details?: Record<string, unknown>
  requestId?: string | null
}

/** Writes to the append-only audit trail, in the transaction of what it tells of. */
export async function recordAudit(transaction: DatabaseTransaction, entries: AuditEntry[]): Promise<void> {
  if (entries.length === 0) return
  await transaction
    .insertInto('audit_entry')
    .values(
      entries.map((entry) => ({
        tenant_id: entry.tenantId,
        id: newId(),
        actor: entry.actor,
        action: entry.action,
        entity_type: entry.entityType,
        entity_id: entry.entityId,
        details: JSON.stringify(entry.details ?? {}),
        request_id: entry.requestId ?? null,
      })),
    )
    .execute()
}
