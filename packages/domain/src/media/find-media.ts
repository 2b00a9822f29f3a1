import { MessageMedia } from '@carteiro/contracts/media'
import type { Queryable } from '@carteiro/database/connect'

/** The file of a message, and the upload that it is, where it was brought ahead. */
export interface FoundMedia {
  media: MessageMedia | null
  uploadId: string | null
}

/**
 * What is known of the file of a message; `media` is null when it has none.
 *
 * @returns `undefined` when the tenant has no such message
 */
export async function findMedia(
  db: Queryable,
  { tenantId, messageId }: { tenantId: string; messageId: string },
): Promise<FoundMedia | undefined> {
  const row = await db
    .selectFrom('message')
    .select(['media', 'upload_id'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', messageId)
    .executeTakeFirst()
  return row && { media: MessageMedia.nullable().parse(row.media), uploadId: row.upload_id }
}
