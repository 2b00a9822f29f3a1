import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { InstanceKey } from '../outbox/gate.ts'

/** One stream of an adapter. */
export interface Reader {
  tenantId: string
  keyId: string
  streamId: string
}

/** How an instance stands for a stream. */
export interface Standing {
  /** No newer stream of the same key took its place. */
  isReader: boolean
  /** Messages that the key's adapter was offered and has neither confirmed nor failed. */
  held: number
  /** Milliseconds until the first claim of an offer ends, whoever has it; negative when it has. */
  endsInMs: number | undefined
}

/** From here on the key's share of these instances goes to this stream. */
export async function openReader(
  db: Queryable,
  { tenantId, keyId, streamId }: Reader,
  instanceIds: string[],
): Promise<void> {
  await sql`
    insert into gateway_reader as r (tenant_id, instance_id, key_id, stream_id)
    select ${tenantId}, id, ${keyId}, ${streamId} from unnest(${instanceIds}::text[]) as u (id) order by id
    on conflict (tenant_id, instance_id, key_id) do update set
      stream_id = excluded.stream_id, opened_at = now()`.execute(db)
}

export async function closeReader(db: Queryable, { tenantId, keyId, streamId }: Reader): Promise<void> {
  await db
    .deleteFrom('gateway_reader')
    .where('tenant_id', '=', tenantId)
    .where('key_id', '=', keyId)
    .where('stream_id', '=', streamId)
    .execute()
}

export async function readStanding(
  db: Queryable,
  { tenantId, keyId, streamId }: Reader,
  instanceId: InstanceKey['instanceId'],
): Promise<Standing> {
  const { rows } = await sql<{ is_reader: boolean; held: number; ends_in_ms: number | null }>`
    select
      exists (select from gateway_reader where tenant_id = ${tenantId} and instance_id = ${instanceId}
        and key_id = ${keyId} and stream_id = ${streamId}) as is_reader,
      count(*) filter (where o.key_id = ${keyId})::int as held,
      ceil(extract(epoch from min(d.claimed_until) - now()) * 1000)::float as ends_in_ms
    from delivery d join gateway_offer o
      on o.tenant_id = d.tenant_id and o.delivery_id = d.id and o.generation = d.generation and o.attempt = d.attempts
    where d.tenant_id = ${tenantId} and d.instance_id = ${instanceId} and d.state = 'SENDING'`.execute(db)
  const [row] = rows
  return { isReader: row?.is_reader ?? false, held: row?.held ?? 0, endsInMs: row?.ends_in_ms ?? undefined }
}

/** The newest number that any stream was given. */
export async function readNewestSeq(db: Queryable): Promise<number> {
  const { rows } = await sql<{ seq: number }>`
    select case when is_called then last_value else 0 end as seq from gateway_seq`.execute(db)
  return rows[0]?.seq ?? 0
}
