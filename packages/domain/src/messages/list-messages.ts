import type { MessageView } from '@carteiro/contracts/event'
import type { Queryable } from '@carteiro/database/connect'
import { toMessageViews } from './view.ts'

/**
 * A ticket's messages in the order in which they were stored.
 *
 * @param after number of the last message of the page before
 */
export async function listMessages(
  db: Queryable,
  {
    tenantId,
    ticketId,
    after,
    limit,
  }: { tenantId: string; ticketId: string; after?: number | undefined; limit: number },
): Promise<{ items: MessageView[]; next: number | null }> {
  const rows = await db
    .selectFrom('message')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('ticket_id', '=', ticketId)
    .where('number', '>', after ?? 0)
    .orderBy('number')
    .limit(limit + 1)
    .execute()
  const page = rows.slice(0, limit)
  const next = rows.length > limit ? (page.at(-1)?.number ?? null) : null
  return { items: await toMessageViews(db, page), next }
}
