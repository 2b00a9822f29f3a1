import type { DatabaseTransaction } from '@carteiro/database/connect'
import { type RawBuilder, sql } from 'kysely'
import { isLetGo } from '../uploads/delete-upload.ts'
import { isHeld } from '../uploads/upload.ts'
import type { ErasureRun } from './step.ts'

/**
 * Lets go of a person's uploads: what they are called at once, their bytes by the chore that deletes them, whom the
 * erasure waits for. One that a message to somebody else has, or may be about to have, stays for that one, without
 * saying for whom it was brought.
 *
 * @param which of the uploads `u`
 */
export async function releaseUploads(
  transaction: DatabaseTransaction,
  { tenant_id: tenantId, contact_id: contactId }: Pick<ErasureRun, 'tenant_id' | 'contact_id'>,
  which: RawBuilder<unknown>,
): Promise<void> {
  await sql`
    with released as (
      update upload u set contact_id = null, ticket_id = null,
        file_name = case when ${isHeld} then file_name end, caption = case when ${isHeld} then caption end,
        state = case when ${isLetGo} then 'deleting' else state end,
        expires_at = case when ${isHeld} then expires_at else now() end, look_after = null
      where u.tenant_id = ${tenantId} and ${which}
      returning u.id
    )
    update contact_erasure set uploads = array(select unnest(uploads) union select id from released)
    where tenant_id = ${tenantId} and contact_id = ${contactId} and exists (select from released)`.execute(
    transaction,
  )
}
