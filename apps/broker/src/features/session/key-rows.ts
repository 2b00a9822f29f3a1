import type { Queryable } from '@carteiro/database/connect'
import type { Seal } from '@carteiro/runtime/seal'
import { sql } from 'kysely'
import { type HeldLease, LeaseLostError } from '../../held-lease.ts'

/** One key as it is to be: its JSON, or `null` when it goes. */
export interface KeyChange {
  type: string
  id: string
  text: string | null
}

export const keyName = (type: string, id: string): string => `${type} ${id}`

export function readKeys(db: Queryable, instanceId: string, type: string, ids: string[]) {
  return db
    .selectFrom('broker.session_key')
    .select(['id', 'sealed'])
    .where('instance_id', '=', instanceId)
    .where('type', '=', type)
    .where('id', '=', sql<string>`any(${ids}::text[])`)
    .execute()
}

/**
 * Writes and deletes in one statement, in key order so that two writers cannot deadlock.
 *
 * @param lease the fence (requireLease), where no transaction around this has it
 * @throws LeaseLostError and writes nothing when the lease is not this one any more
 */
export async function writeKeys(
  db: Queryable,
  seal: Seal,
  { instanceId, lease }: { instanceId: string; lease?: HeldLease | undefined },
  changes: KeyChange[],
): Promise<void> {
  if (lease?.signal.aborted) throw new LeaseLostError(instanceId)
  const sorted = changes.toSorted((a, b) => (keyName(a.type, a.id) < keyName(b.type, b.id) ? -1 : 1))
  const gone = sorted.filter(({ text }) => text === null)
  const kept = sorted.flatMap(({ type, id, text }) =>
    text === null ? [] : [{ type, id, sealed: seal.seal(text, [instanceId, type, id]) }],
  )
  const held = lease
    ? sql`select from broker.instance_lease
        where instance_id = ${instanceId} and generation = ${lease.generation}::bigint for key share`
    : sql`select`
  const { rows } = await sql<{ is_held: boolean }>`
    with held as materialized (${held}),
    gone as (
      delete from broker.session_key k
      using unnest(${gone.map((key) => key.type)}::text[], ${gone.map((key) => key.id)}::text[]) as g (type, id)
      where k.instance_id = ${instanceId} and k.type = g.type and k.id = g.id and exists (select from held)
    ),
    kept as (
      insert into broker.session_key (instance_id, type, id, sealed)
      select ${instanceId}, type, id, sealed
      from unnest(
        ${kept.map((key) => key.type)}::text[], ${kept.map((key) => key.id)}::text[],
        ${kept.map((key) => key.sealed)}::bytea[]
      ) as kept (type, id, sealed)
      where exists (select from held)
      on conflict (instance_id, type, id) do update set sealed = excluded.sealed
    )
    select exists (select from held) as is_held`.execute(db)
  if (!rows[0]?.is_held) throw new LeaseLostError(instanceId)
}
