import type { MessageView } from '@carteiro/contracts/event'
import type { Queryable } from '@carteiro/database/connect'
import { toMessageView } from './view.ts'

/** One message, as lists show it; `undefined` when the tenant has no such one. */
export async function readMessage(
  db: Queryable,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<MessageView | undefined> {
  const row = await db
    .selectFrom('message')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toMessageView(db, row)
}
