import type { Queryable } from '@carteiro/database/connect'
import type { AuditEntryTable } from '@carteiro/database/tables'
import type { Selectable } from 'kysely'

/** An entry of the audit trail, as it is shown. */
export interface AuditEventView {
  id: string
  actor: string
  action: string
  entityType: string
  entityId: string
  details: Record<string, unknown>
  requestId: string | null
  occurredAt: string
}

export interface AuditFilter {
  tenantId: string
  entityType?: string | undefined
  entityId?: string | undefined
  action?: string | undefined
  actor?: string | undefined
}

/**
 * A tenant's audit trail, newest first.
 *
 * @param after id of the last entry of the page before
 */
export async function listAudit(
  db: Queryable,
  { tenantId, entityType, entityId, action, actor, after, limit }: AuditFilter & ListPosition,
): Promise<{ items: AuditEventView[]; next: string | null }> {
  let query = db
    .selectFrom('audit_entry')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (entityType !== undefined) query = query.where('entity_type', '=', entityType)
  if (entityId !== undefined) query = query.where('entity_id', '=', entityId)
  if (action !== undefined) query = query.where('action', '=', action)
  if (actor !== undefined) query = query.where('actor', '=', actor)
  if (after !== undefined) query = query.where('id', '<', after)
  const rows = await query.execute()
  const page = rows.slice(0, limit)
  return { items: page.map(toView), next: rows.length > limit ? (page.at(-1)?.id ?? null) : null }
}

interface ListPosition {
  after?: string | undefined
  limit: number
}

const toView = (row: Selectable<AuditEntryTable>): AuditEventView => ({
  id: row.id,
  actor: row.actor,
  action: row.action,
  entityType: row.entity_type,
  entityId: row.entity_id,
  details: row.details,
  requestId: row.request_id,
  occurredAt: row.occurred_at.toISOString(),
})
