import { sql } from 'kysely'
import { type CommitDependencies, commit } from '../events/unit-of-work.ts'
import { saveDrafts } from './save-drafts.ts'

/** Reconnecting takes seconds: only who stays away is worth somebody's look. */
export const AWAY_SECONDS = 60
const PER_ROUND = 500

interface Away {
  tenant_id: string
  id: string
  name: string
  reason: string | null
  status_at: Date
}

/** Makes a notification of each instance that lost its phone and is still without it; one for each loss. */
export async function notifyOfDisconnected(
  dependencies: CommitDependencies,
  awaySeconds = AWAY_SECONDS,
): Promise<void> {
  const { rows } = await sql<Away>`
    select i.tenant_id, i.id, i.name, i.reason, i.status_at from instance i
    where not i.connected and i.status in ('disconnected', 'logged_out') and i.phone is not null
      and coalesce(i.reason, '') not in ('disconnected_on_request', 'logged_out_on_request', 'deleted')
      and i.status_at <= now() - make_interval(secs => ${awaySeconds})
      and not exists (
        select from notification n
        where n.tenant_id = i.tenant_id and n.type = 'instance_disconnected' and n.instance_id = i.id
          and (n.read_at is null or n.created_at > i.status_at)
      )
    order by i.tenant_id limit ${PER_ROUND}`.execute(dependencies.db)
  for (const [tenantId, away] of Map.groupBy(rows, (row) => row.tenant_id)) {
    await commit(dependencies, (work) =>
      saveDrafts(
        work,
        tenantId,
        away.map(({ id, name, reason, status_at }) => ({
          type: 'instance_disconnected',
          source: `instance/${id}/${status_at.toISOString()}`,
          ...{ ticketId: null, messageId: null, instanceId: id },
          title: `${name} is not connected`,
          body: `Nothing comes in or goes out there (${reason ?? 'unknown'}). Messages wait until it is back.`,
        })),
      ),
    )
  }
}
