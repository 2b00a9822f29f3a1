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

/** So long after one that a message has is looked at the next time, unless a message lets go of it before. */
const LOOKED_AT = '1 day'

/** So long whoever is to delete bytes has it for itself, and those that cannot be deleted leave others their turn. */
const CLAIMED = '10 minutes'

/** What was taken a moment ago may have a message that is not committed yet, and is left for the next time. */
const isSettled = sql`(u.sent_at is null or u.sent_at < now() - ${JUST_SENT}::interval)`
export const isLetGo = sql`${isSettled} and not ${isHeld}`

/**
 * Finds uploads whose time is over and lets no message take them any more; those that are to go already come again,
 * as whoever was to delete them may have died. A chore: it looks across tenants.
 *
 * @param limit how many are looked at, with those that a message has
 */
export async function findOverUploads(
  db: Queryable,
  limit: number,
): Promise<{ over: DeletableUpload[]; isMore: boolean }> {
  const { rows } = await sql<{ tenant_id: string; id: string; state: string }>`
    update upload u set (state, look_after) = (
      select case when stays then 'ready' else 'deleting' end,
        now() + case when stays then ${LOOKED_AT} else ${CLAIMED} end::interval
      from (select u.state = 'ready' and ${isHeld} as stays) judged)
    from (
      select u.tenant_id, u.id from upload u
      where greatest(u.expires_at, u.look_after) < now() and (u.state <> 'ready' or ${isSettled})
      order by greatest(u.expires_at, u.look_after) limit ${limit} for update skip locked
    ) looked
    where u.tenant_id = looked.tenant_id and u.id = looked.id
    returning u.tenant_id, u.id, u.state`.execute(db)
  const over = rows.filter(({ state }) => state === 'deleting')
  return { over: over.map((row) => ({ tenantId: row.tenant_id, id: row.id })), isMore: rows.length === limit }
}

/** A message lets go of its upload: whether it may go is looked at anew. */
export async function lookAgain(db: Queryable, { tenantId, id }: DeletableUpload): Promise<void> {
  await sql`
    update upload set look_after = null
    where tenant_id = ${tenantId} and id = ${id} and state = 'ready' and look_after is not null`.execute(db)
}

/** Lets go of an upload at once. @returns `in_use` when a message has it */
export async function giveUpUpload(
  db: Queryable,
  { tenantId, id }: DeletableUpload,
): Promise<'given_up' | 'in_use' | 'not_found'> {
  const { rows } = await sql<{ state: string }>`
    update upload u set state = 'deleting', expires_at = now(), look_after = now() + ${CLAIMED}::interval
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
