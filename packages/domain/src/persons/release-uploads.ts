import type { DatabaseTransaction } from '@carteiro/database/connect'
import { type RawBuilder, sql } from 'kysely'
import { isHeld } from '../uploads/upload.ts'

/**
 * Lets go of a person's uploads: what they are called at once, their bytes by the chore that deletes them. One that a
 * message to somebody else has stays for that one, without saying for whom it was brought.
 *
 * @param which of the uploads `u`
 */
export async function releaseUploads(
  transaction: DatabaseTransaction,
  tenantId: string,
  which: RawBuilder<unknown>,
): Promise<void> {
  await sql`
    update upload u set contact_id = null, ticket_id = null,
      file_name = case when ${isHeld} then file_name end, caption = case when ${isHeld} then caption end,
      state = case when ${isHeld} then state else 'deleting' end,
      expires_at = case when ${isHeld} then expires_at else now() end
    where u.tenant_id = ${tenantId} and ${which}`.execute(transaction)
}
