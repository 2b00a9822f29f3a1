import type { Notification } from '@carteiro/contracts/notification'
import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { toNotification } from './view.ts'

export interface NotificationFilter {
  tenantId: string
  /** Only what nobody has read, or only what somebody has. */
  unread?: boolean | undefined
  /** What is hidden now, instead of what is not. */
  snoozed?: boolean | undefined
  after?: string | undefined
  limit: number
}

/** A tenant's notifications, the newest first. @param after id of the last one of the page before */
export async function listNotifications(
  db: Queryable,
  { tenantId, unread, snoozed = false, after, limit }: NotificationFilter,
): Promise<{ items: Notification[]; next: string | null }> {
  let query = db
    .selectFrom('notification')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where(sql<boolean>`coalesce(snoozed_until > now(), false) = ${snoozed}`)
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (unread !== undefined) query = query.where('read_at', unread ? 'is' : 'is not', null)
  if (after !== undefined) query = query.where('id', '<', after)
  const rows = await query.execute()
  const page = rows.slice(0, limit)
  return {
    items: page.map(toNotification),
    next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
  }
}
