import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { LaneKey } from './lane.ts'
import { firstReady, LaneMark } from './lane-mark.ts'
import { paceWaitMs } from './pace.ts'
import { type OutboxSettings, readSettings } from './settings.ts'

/** A tenant's instance. */
export type InstanceKey = Omit<LaneKey, 'lane'>

/** Who takes an instance's messages: a worker that calls its broker, or an adapter that asks for them. */
export type Handover = 'push' | 'pull'

/** What an instance may send, and when: read before a claim, so that a claim that can have nothing costs one query. */
export interface Gate {
  settings: OutboxSettings
  /** Milliseconds until anything may leave, by pace, circuit, or because the channel asked; 0 is now. */
  waitMs: number
  /** The circuit is half open: one message may try. */
  probing: boolean
  /** Milliseconds until campaigns may leave; 0 is now. */
  campaignsInMs: number
  /** Milliseconds until there is something to claim, all of these kept; `undefined` when nothing waits for a time. */
  dueInMs: number | undefined
  /** Scheduled messages are due and have no place yet. */
  hasScheduled: boolean
}

interface GateRow {
  settings: unknown
  tenant_settings: unknown
  paid_ahead_ms: number | null
  paused_ms: number | null
  circuit_ms: number | null
  probe_ms: number | null
  ready_ms: number | null
  campaigns_ms: number | null
  scheduled_ms: number | null
}

/**
 * @param mark how far the worker has come: only what is behind it counts, if something is due there by the time that the
 * mark holds for
 * @param handover an instance has one way: the other finds nothing
 * @returns `undefined` while the instance is not connected: then nothing leaves. One that adapters ask for may never tell
 * of its connection; then whoever asks is connected
 */
export async function readGate(
  db: Queryable,
  instance: InstanceKey,
  mark = new LaneMark(),
  handover: Handover = 'push',
): Promise<Gate | undefined> {
  const wasSet = mark.isSet
  const gate = await readGateBehind(db, instance, mark, handover)
  if (!wasSet || (gate?.dueInMs ?? Number.POSITIVE_INFINITY) <= LaneMark.HOLDS_MS) return gate
  mark.clear()
  return readGateBehind(db, instance, mark, handover)
}

async function readGateBehind(
  db: Queryable,
  { tenantId, instanceId }: InstanceKey,
  mark: LaneMark,
  handover: Handover,
): Promise<Gate | undefined> {
  const { rows } = await sql<GateRow>`
    select i.settings, t.settings as tenant_settings,
      ${msUntil('p.paid_at')} as paid_ahead_ms,
      greatest(${msUntil('p.paused_until')}, ${msUntil('p.away_until')}) as paused_ms,
      ${msUntil('c.open_until')} as circuit_ms, ${msUntil('c.probe_until')} as probe_ms,
      ${msUntil('ready.at')} as ready_ms, ${msUntil('campaigns.at')} as campaigns_ms,
      ${msUntil('scheduled.at')} as scheduled_ms
    from instance i join tenant t on t.id = i.tenant_id
    cross join lateral (${firstReady([0, 1], mark)}) ready
    cross join lateral (${firstReady([2], mark)}) campaigns
    cross join lateral (
      select min(scheduled_at) as at from delivery d
      where d.tenant_id = i.tenant_id and d.instance_id = i.id and d.state = 'QUEUED' and d.position is null
    ) scheduled
    left join instance_pace p on p.tenant_id = i.tenant_id and p.instance_id = i.id
    left join instance_circuit c on c.tenant_id = i.tenant_id and c.instance_id = i.id
    where i.tenant_id = ${tenantId} and i.id = ${instanceId} and i.delivery = ${handover}
      and (i.connected or (i.delivery = 'pull' and i.status = 'created'))`.execute(db)
  const [row] = rows
  if (!row) return undefined
  const settings = readSettings(row.settings, row.tenant_settings)
  const { paid_ahead_ms: ahead, paused_ms: paused, circuit_ms: circuit, probe_ms: probe } = row
  const waitMs = Math.max(paceWaitMs(settings.pace, ahead ?? 0), paused ?? 0, circuit ?? 0, probe ?? 0, 0)
  const campaignsInMs = await quietMs(db, settings)
  return {
    ...{ settings, waitMs, campaignsInMs },
    probing: circuit !== null,
    hasScheduled: row.scheduled_ms !== null && row.scheduled_ms <= 0,
    dueInMs: soonest(row, { waitMs, campaignsInMs }),
  }
}

/** A scheduled message takes its place at its time, whatever the pace. */
function soonest(row: GateRow, { waitMs, campaignsInMs }: Pick<Gate, 'waitMs' | 'campaignsInMs'>) {
  const never = Number.POSITIVE_INFINITY
  const ms = Math.min(
    Math.max(row.ready_ms ?? never, waitMs),
    Math.max(row.campaigns_ms ?? never, campaignsInMs, waitMs),
    row.scheduled_ms ?? never,
  )
  return ms === never ? undefined : Math.max(0, ms)
}

const msUntil = (column: string) => sql`ceil(extract(epoch from ${sql.ref(column)} - now()) * 1000)::float`

/** Milliseconds until the hours begin, by the tenant's clock; 0 inside them. */
async function quietMs(db: Queryable, { hours, timezone }: OutboxSettings): Promise<number> {
  if (!hours) return 0
  const { rows } = await sql<{ ms: number }>`
    select case when open then 0 else
        ceil(extract(epoch from ((today + case when clock < opens then 0 else 1 end + opens) at time zone ${timezone}) - now())
          * 1000)::float
      end as ms
    from (
      select clock, opens, today,
        case when opens <= closes then clock >= opens and clock < closes else clock >= opens or clock < closes end as open
      from (
        select (now() at time zone ${timezone})::time as clock, (now() at time zone ${timezone})::date as today,
          ${hours.from}::time as opens, ${hours.to}::time as closes
      ) local
    ) state`.execute(db)
  return rows[0]?.ms ?? 0
}
