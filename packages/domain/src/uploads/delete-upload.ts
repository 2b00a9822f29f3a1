import type { Database, Queryable } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import { isHeld } from './upload.ts'

/** Whose bytes are to go. */
export interface DeletableUpload {
  tenantId: string
  id: string
}

/** Longer than a send takes from its look at the upload to its commit. */
const JUST_SENT = '1 hour'

/** What was taken a moment ago may have a message that is not committed yet, and is left for the next time. */
export const isLetGo = sql`(u.sent_at is null or u.sent_at < now() - ${JUST_SENT}::interval) and not ${isHeld}`

/**
 * Finds uploads whose time is over and lets no message take them any more; those that are to go already come again,
 * as whoever was to delete them may have died. A chore: it looks across tenants.
 */
export async function findOverUploads(db: Queryable, limit: number): Promise<DeletableUpload[]> {
  const { rows } = await sql<{ tenant_id: string; id: string }>`
    update upload set state = 'deleting' from (
      select u.tenant_id, u.id from upload u
      where u.expires_at < now() and (u.state <> 'ready' or (${isLetGo}))
      order by u.expires_at limit ${limit} for update skip locked
    ) gone
    where upload.tenant_id = gone.tenant_id and upload.id = gone.id
    returning upload.tenant_id, upload.id`.execute(db)
  return rows.map((row) => ({ tenantId: row.tenant_id, id: row.id }))
}

/** Lets go of an upload at once. @returns `in_use` when a message has it */
export async function giveUpUpload(
  db: Queryable,
  { tenantId, id }: DeletableUpload,
): Promise<'given_up' | 'in_use' | 'not_found'> {
  const { rows } = await sql<{ state: string }>`
    update upload u set state = 'deleting', expires_at = now()
    where u.tenant_id = ${tenantId} and u.id = ${id} and (u.state = 'writing' or (u.state = 'ready' and ${isLetGo}))
    returning u.state`.execute(db)
  if (rows.length > 0) return 'given_up'
  const left = await db
    .selectFrom('upload')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('state', '=', 'ready')
    .executeTakeFirst()
  return left ? 'in_use' : 'not_found'
}

/** Takes the row away once its bytes are gone. An upload that never was ready leaves no entry in the audit trail. */
export async function forgetUpload(
  db: Database,
  { tenantId, id, actor, requestId }: DeletableUpload & { actor: string; requestId?: string },
): Promise<void> {
  await inTransaction(db, async (transaction) => {
    const row = await transaction
      .deleteFrom('upload')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .where('state', '=', 'deleting')
      .returning(['type', 'size'])
      .executeTakeFirst()
    if (!row?.type) return
    const details = { type: row.type, size: row.size }
    await recordAudit(transaction, [
      {
        tenantId,
        actor,
        action: 'DELETED',
        entityType: 'upload',
        entityId: id,
        details,
        ...given(requestId),
      },
    ])
  })
}

const given = (requestId: string | undefined) => (requestId === undefined ? {} : { requestId })
