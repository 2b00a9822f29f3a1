import type { Notification } from '@carteiro/contracts/notification'
import type { NotificationTable } from '@carteiro/database/notification-tables'
import type { Selectable } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'

/** A row of `notification`, as lists and events show it. */
export const toNotification = (row: Selectable<NotificationTable>): Notification => ({
  id: row.id,
  type: row.type,
  title: row.title,
  body: row.body,
  ticketId: row.ticket_id,
  messageId: row.message_id,
  instanceId: row.instance_id,
  readAt: row.read_at?.toISOString() ?? null,
  snoozedUntil: row.snoozed_until?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
})

/** Tells of notifications that were made, or that changed, as they stand now. */
export function tellNotifications(
  work: UnitOfWork,
  type: 'notification.new' | 'notification.updated',
  rows: Selectable<NotificationTable>[],
): void {
  for (const row of rows) {
    work.record({
      tenantId: row.tenant_id,
      type,
      ...(row.ticket_id === null ? {} : { ticketId: row.ticket_id }),
      ...(row.instance_id === null ? {} : { instanceId: row.instance_id }),
      payload: { notification: toNotification(row) },
    })
  }
}
