import { type Flow, FlowDefinition } from '@carteiro/contracts/flow'
import type { Queryable } from '@carteiro/database/connect'
import type { FlowTable } from '@carteiro/database/flow-tables'
import type { Selectable } from 'kysely'
import { DEFAULT_FLOW } from './default-flow.ts'

/** A tenant's flow; the default one, of version 0 and not enabled, where it has written none. */
export async function readFlow(db: Queryable, tenantId: string): Promise<Flow> {
  const row = await db
    .selectFrom('flow')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('retired_at', 'is', null)
    .executeTakeFirst()
  return row ? toFlow(row) : { version: 0, createdAt: null, definition: DEFAULT_FLOW }
}

/**
 * A flow's versions, newest first.
 *
 * @param before version at which the page before ended
 */
export async function listFlowVersions(
  db: Queryable,
  { tenantId, before, limit }: { tenantId: string; before?: number | undefined; limit: number },
): Promise<{ items: Flow[]; next: number | null }> {
  let query = db
    .selectFrom('flow')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .orderBy('version', 'desc')
    .limit(limit + 1)
  if (before !== undefined) query = query.where('version', '<', before)
  const items = (await query.execute()).map(toFlow)
  const page = items.slice(0, limit)
  return { items: page, next: items.length > limit ? (page.at(-1)?.version ?? null) : null }
}

export const toFlow = (row: Selectable<FlowTable>): Flow => ({
  version: row.version,
  createdAt: row.created_at.toISOString(),
  definition: FlowDefinition.parse(row.definition),
})
