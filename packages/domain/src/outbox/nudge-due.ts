import type { Database } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { nudgeOutbound } from '@carteiro/queue/enqueue'
import type { Queue } from '@carteiro/queue/queue'
import { sql } from 'kysely'

interface DueRow {
  tenant_id: string
  instance_id: string
  due: number
}

/**
 * Tells the workers anew of messages that may leave, those that wait longest first. It sends nothing itself, and is
 * harmless at any time. A chore: it looks across tenants.
 *
 * @param max of how many messages, at most
 * @returns `due`: how many may leave at this moment, one for each recipient
 */
export async function nudgeDue(
  { db, queue }: { db: Database; queue: Queue },
  max: number,
): Promise<{ due: number; nudged: number }> {
  return inTransaction(db, async (transaction) => {
    const { rows } = await sql<DueRow>`
      select l.tenant_id, l.instance_id, count(*) over () as due
      from lane l join instance i on i.tenant_id = l.tenant_id and i.id = l.instance_id and i.connected
      where l.ready_at <= now() order by l.ready_at limit ${max}`.execute(transaction)
    const instances = new Map(rows.map((row) => [`${row.tenant_id}/${row.instance_id}`, row]))
    if (rows.length > 0) {
      await nudgeOutbound(
        queue,
        transaction,
        [...instances.values()].map((row) => ({ tenantId: row.tenant_id, instanceId: row.instance_id })),
      )
    }
    return { due: rows[0]?.due ?? 0, nudged: rows.length }
  })
}
