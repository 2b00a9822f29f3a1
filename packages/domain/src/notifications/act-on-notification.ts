import type { Notification } from '@carteiro/contracts/notification'
import type { NotificationTable } from '@carteiro/database/notification-tables'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import { type CommitDependencies, commit } from '../events/unit-of-work.ts'
import { tellNotifications, toNotification } from './view.ts'

interface Key {
  tenantId: string
  id: string
}

type Acted = Promise<Notification | undefined>

/** Somebody has read it. @returns `undefined` when the tenant has no such notification */
export const readNotification = (dependencies: CommitDependencies, key: Key): Acted =>
  act(dependencies, key, sql`read_at = coalesce(read_at, now())`)

/** Hides it until then. @returns `undefined` when the tenant has no such notification */
export const snoozeNotification = (
  dependencies: CommitDependencies,
  { until, ...key }: Key & { until: Date },
): Acted => act(dependencies, key, sql`snoozed_until = ${until}`)

/** Shows it again. @returns `undefined` when the tenant has no such notification */
export const unsnoozeNotification = (dependencies: CommitDependencies, key: Key): Acted =>
  act(dependencies, key, sql`snoozed_until = null`)

function act(
  dependencies: CommitDependencies,
  { tenantId, id }: Key,
  change: RawBuilder<unknown>,
): Promise<Notification | undefined> {
  return commit(dependencies, async (work) => {
    const { rows } = await sql<Selectable<NotificationTable>>`
      update notification set ${change} where tenant_id = ${tenantId} and id = ${id} returning *`.execute(
      work.transaction,
    )
    tellNotifications(work, 'notification.updated', rows)
    return rows[0] && toNotification(rows[0])
  })
}

const PER_ROUND = 500

/** Ends the snoozes that are over, so that everybody is told. @returns how many */
export function endSnoozes(dependencies: CommitDependencies): Promise<number> {
  return commit(dependencies, async (work) => {
    const { rows } = await sql<Selectable<NotificationTable>>`
      update notification n set snoozed_until = null
      from (
        select tenant_id, id from notification where snoozed_until <= now()
        order by tenant_id, id limit ${PER_ROUND} for update skip locked
      ) due
      where n.tenant_id = due.tenant_id and n.id = due.id
      returning n.*`.execute(work.transaction)
    tellNotifications(work, 'notification.updated', rows)
    return rows.length
  })
}
