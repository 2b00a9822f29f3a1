import { newId } from '@carteiro/database/new-id'
import type { NotificationTable } from '@carteiro/database/notification-tables'
import { type Selectable, sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import type { NotificationDraft } from './draft.ts'
import { tellNotifications } from './view.ts'

/**
 * Makes notifications, in order; what was told already, or what an unread one says already, makes none.
 *
 * @returns how many were made
 */
export async function saveDrafts(
  work: UnitOfWork,
  tenantId: string,
  drafts: NotificationDraft[],
): Promise<number> {
  if (drafts.length === 0) return 0
  const rows = drafts.map(({ ticketId, messageId, instanceId, ...draft }) => ({
    ...draft,
    id: newId(),
    ticket_id: ticketId,
    message_id: messageId,
    instance_id: instanceId,
  }))
  const { rows: made } = await sql<Selectable<NotificationTable>>`
    insert into notification (tenant_id, id, type, source, ticket_id, message_id, instance_id, title, body)
    select ${tenantId}, id, type, source, ticket_id, message_id, instance_id, title, body
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as draft
      (id uuid, type text, source text, ticket_id uuid, message_id uuid, instance_id text, title text, body text)
    where ticket_id is null
      or exists (select from ticket t where t.tenant_id = ${tenantId} and t.id = draft.ticket_id)
    order by id
    on conflict do nothing
    returning *`.execute(work.transaction)
  tellNotifications(work, 'notification.new', made)
  return made.length
}
