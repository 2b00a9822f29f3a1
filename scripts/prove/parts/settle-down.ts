import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

const LOOK_MS = 200

/** Waits until nothing is under way: no delivery open, no journal row and no inbound job waiting; or the deadline. */
export async function settleDown(database: pg.Client, deadline: number): Promise<void> {
  while (Date.now() < deadline) {
    const { rows } = await database.query<{ open: number }>(`
      select (select count(*) from delivery where state in ('QUEUED', 'SENDING'))
        + (select count(*) from broker.journal where state = 'waiting')
        + (select count(*) from pgboss.job where name like 'inbound-_' and state < 'completed') as open`)
    if (Number(rows[0]?.open) === 0) return
    await sleep(LOOK_MS)
  }
}
