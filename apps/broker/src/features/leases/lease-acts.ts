import type { Connection } from '@carteiro/database/connect'
import { type RawBuilder, sql } from 'kysely'

/** On which brokers tell each other that instances are free, or that one of them came or went. */
export const LEASE_CHANNEL = 'broker_lease'

/** Who takes leases, and where the others reach it. */
export interface Holder {
  id: string
  /** `null` until it is known. */
  address: string | null
}

export interface LeaseKey {
  instanceId: string
  generation: string
}

/** A lease that was taken, and whom it was taken from: `null` when it was free. */
export interface ClaimedLease extends LeaseKey {
  name: string
  from: string | null
}

/** What a broker learns when it renews. */
export interface Round {
  /** The leases that are still its own; those that are missing are lost. */
  kept: { instanceId: string; wanted: boolean }[]
  /** Instances that shall be connected, whoever holds them. */
  wanted: number
  /** Brokers that are there, this one included. */
  live: number
  /** Until the next lease of another broker runs out, unless it is renewed. */
  othersEndInMs: number | null
}

export interface ClaimOptions {
  limit: number
  /** Takes at once what an earlier process of the same id held: only when that process is gone. */
  adopt: boolean
  /** Those that are held here: an adoption takes none of them. */
  held: string[]
  /** Only this one. */
  only?: string
}

/** The acts on leases, each one statement on PostgreSQL's clock. */
export interface LeaseActs {
  /** Says that this broker is there (or is leaving), and renews its leases, all at once. */
  renew(leases: LeaseKey[], options: { leaving: boolean }): Promise<Round>
  /** Takes leases that are free or ran out, of instances that are wanted; never waits for another broker. */
  claim(options: ClaimOptions): Promise<ClaimedLease[]>
  /** Gives leases up and wakes the other brokers. The generation rises: nothing is written after it. */
  release(leases: LeaseKey[]): Promise<void>
}

export interface LeaseActsOptions {
  pool: Connection['pool']
  db: Connection['db']
  holder: () => Holder
  ttlMs: number
}

export function createLeaseActs({ pool, db, holder, ttlMs }: LeaseActsOptions): LeaseActs {
  /** On the pool, which parts with a connection whose statement failed: one that hangs is not used again. */
  async function run<Row extends object>(statement: RawBuilder<unknown>): Promise<Row[]> {
    const { sql: text, parameters } = statement.compile(db)
    return (await pool.query<Row>(text, [...parameters])).rows
  }

  return {
    async renew(leases, { leaving }) {
      const [round] = await run<Round>(renewal(leases, holder(), { ttlMs, leaving }))
      if (!round) throw new Error('a renewal has one row')
      return round
    },
    claim: (options) => run<ClaimedLease>(claim(options, holder(), ttlMs)),
    release: async (leases) => void (await run(releaseOf(leases))),
  }
}

const validUntil = (ttlMs: number) => sql`now() + make_interval(secs => ${ttlMs / 1000})`

const given = (leases: LeaseKey[]) => sql`
  unnest(
    ${leases.map(({ instanceId }) => instanceId)}::text[], ${leases.map(({ generation }) => generation)}::bigint[]
  ) as held (instance_id, generation)`

/** Rows are locked in their order, as everywhere. */
function renewal(
  leases: LeaseKey[],
  { id, address }: Holder,
  { ttlMs, leaving }: { ttlMs: number; leaving: boolean },
): RawBuilder<unknown> {
  const presence = leaving
    ? sql`delete from broker.node where id = ${id}`
    : sql`insert into broker.node (id, address, expires_at) values (${id}, ${address}, ${validUntil(ttlMs)})
        on conflict (id) do update set address = excluded.address, expires_at = excluded.expires_at`
  return sql`
    with presence as (${presence}),
    mine as (
      select l.instance_id from broker.instance_lease l join ${given(leases)} using (instance_id, generation)
      order by l.instance_id for no key update of l
    ),
    renewed as (
      update broker.instance_lease l set expires_at = ${validUntil(ttlMs)}, address = ${address}
      from mine where l.instance_id = mine.instance_id
      returning l.instance_id
    )
    select
      coalesce((
        select json_agg(json_build_object('instanceId', i.id, 'wanted', i.wanted))
        from renewed join broker.instance i on i.id = renewed.instance_id
      ), '[]') as kept,
      (select count(*)::int from broker.instance where wanted) as wanted,
      (select 1 + count(*)::int from broker.node where id <> ${id} and expires_at > now()) as live,
      (
        select (extract(epoch from min(l.expires_at) - now()) * 1000)::float8
        from broker.instance_lease l join broker.instance i on i.id = l.instance_id and i.wanted
        where l.holder <> ${id} and l.expires_at > now()
      ) as "othersEndInMs"`
}

/**
 * A lease that changes hands is locked for update, so that session writes under way end first (held-lease.ts); one
 * that is locked is left for the next round.
 */
function claim(
  { limit, adopt, held, only }: ClaimOptions,
  { id, address }: Holder,
  ttlMs: number,
): RawBuilder<unknown> {
  const isAsked = only === undefined ? sql`true` : sql`i.id = ${only}`
  return sql`
    with fresh as (
      insert into broker.instance_lease (instance_id, holder, address, expires_at)
      select i.id, ${id}, ${address}, ${validUntil(ttlMs)} from broker.instance i
      where i.wanted and ${isAsked}
        and not exists (select from broker.instance_lease l where l.instance_id = i.id)
      order by i.id limit ${limit}
      for key share of i skip locked
      on conflict do nothing
      returning instance_id, generation
    ),
    free as (
      select l.instance_id, l.holder from broker.instance_lease l join broker.instance i on i.id = l.instance_id
      where i.wanted and ${isAsked} and not l.instance_id = any(${held}::text[])
        and (l.expires_at <= now() or (${adopt} and l.holder = ${id}))
      order by l.instance_id limit greatest(0, ${limit}::int - (select count(*) from fresh))
      for update of l skip locked
    ),
    taken as (
      update broker.instance_lease l
      set holder = ${id}, address = ${address}, generation = nextval('broker.lease_generation'),
        expires_at = ${validUntil(ttlMs)}
      from free where l.instance_id = free.instance_id
      returning l.instance_id, l.generation, free.holder as before
    )
    select i.id as "instanceId", i.name, c.generation::text, nullif(c.before, '') as "from"
    from (select *, null as before from fresh union all select * from taken) c
    join broker.instance i on i.id = c.instance_id
    order by i.id`
}

const releaseOf = (leases: LeaseKey[]): RawBuilder<unknown> => sql`
  with mine as (
    select l.instance_id from broker.instance_lease l join ${given(leases)} using (instance_id, generation)
    order by l.instance_id for update of l
  ),
  released as (
    update broker.instance_lease l
    set holder = '', address = null, generation = nextval('broker.lease_generation'), expires_at = now()
    from mine where l.instance_id = mine.instance_id
    returning l.instance_id
  )
  select pg_notify(${LEASE_CHANNEL}, '') where exists (select from released)`
