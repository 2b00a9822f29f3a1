import type pg from 'pg'
import type { ApiClient } from '../../stack/api-client.ts'
import type { Span } from './plan.ts'

/** An attempt may begin so long before its message shows on the phone. */
const ON_THE_WAY_MS = 60_000
const CONCURRENCY = 8

/** How many of an instance's messages have not left. */
export async function countWaiting(database: pg.Client, instanceId: string): Promise<number> {
  const { rows } = await database.query<{ waiting: number }>(
    "select count(*)::int as waiting from delivery where instance_id = $1 and state = 'QUEUED'",
    [instanceId],
  )
  return rows[0]?.waiting ?? 0
}

/** How many attempts of an instance began within a span of time: where phones got fewer, the channel is what was slow. */
export async function countBegun(
  database: pg.Client,
  instanceId: string,
  { from, to }: Span,
): Promise<number> {
  const { rows } = await database.query<{ begun: number }>(
    `select count(*)::int as begun
     from delivery_attempt a join delivery d on d.tenant_id = a.tenant_id and d.id = a.delivery_id
     where d.instance_id = $1 and a.started_at >= $2 and a.started_at < $3`,
    [instanceId, new Date(from), new Date(to)],
  )
  return rows[0]?.begun ?? 0
}

/**
 * When messages of an instance reached phones within a span of time, by the phones' own clock (the machine's): looking
 * late costs no precision. The database says at which phones to look.
 */
export async function readArrivals(
  { database, simulator }: { database: pg.Client; simulator: ApiClient },
  instanceId: string,
  { from, to }: Span,
): Promise<number[]> {
  const { rows } = await database.query<{ phone: string }>(
    `select distinct regexp_replace(d.lane, '@.*', '') as phone
     from delivery_attempt a join delivery d on d.tenant_id = a.tenant_id and d.id = a.delivery_id
     where d.instance_id = $1 and a.started_at between $2 and $3`,
    [instanceId, new Date(from - ON_THE_WAY_MS), new Date(to)],
  )
  const phones = rows.map(({ phone }) => phone)
  const arrivals: number[] = []
  const look = async () => {
    for (let phone = phones.pop(); phone !== undefined; phone = phones.pop()) {
      const { body } = await simulator.get(`/customers/${phone}/messages`)
      for (const { shownAt } of body.items) arrivals.push(Date.parse(shownAt))
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, look))
  return arrivals.filter((at) => at >= from && at < to).sort((a, b) => a - b)
}
