import { MessageMedia } from '@carteiro/contracts/media'
import type { Queryable } from '@carteiro/database/connect'

/**
 * What is known of the file of a message.
 *
 * @returns `null` when the message has none, `undefined` when the tenant has no such message
 */
export async function findMedia(
  db: Queryable,
  { tenantId, messageId }: { tenantId: string; messageId: string },
): Promise<MessageMedia | null | undefined> {
  const row = await db
    .selectFrom('message')
    .select('media')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', messageId)
    .executeTakeFirst()
  return row && MessageMedia.nullable().parse(row.media)
}
