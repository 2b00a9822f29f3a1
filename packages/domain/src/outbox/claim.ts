import { Intent } from '@carteiro/contracts/intent'
import { sql } from 'kysely'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { blockedByPolicy, type ClaimedForPurpose } from './blocked-by-policy.ts'
import { lockProbe, markProbing } from './circuit.ts'
import { enterScheduled } from './enter-scheduled.ts'
import { admitFirstContacts, type ReadyLane } from './first-contact.ts'
import { type Gate, type Handover, type InstanceKey, readGate } from './gate.ts'
import { readyLanes } from './lane.ts'
import { LaneMark, type LanePlace } from './lane-mark.ts'
import { PAST_END } from './may-have-left.ts'
import { lockPace, spendPace } from './pace.ts'
import type { OutboxSettings } from './settings.ts'
import { tellTransitions } from './transition.ts'

/** A message that one worker or adapter alone may send, until its claim ends. */
export interface ClaimedDelivery {
  tenantId: string
  id: string
  instanceId: string
  lane: string
  recipient: string
  intent: Intent
  generation: number
  /** Of the idempotency key that it goes out under: stays where a retry must not show twice. */
  keyGeneration: number
  attempt: number
  maxAttempts: number
  requestId: string | null
  /** When it could first leave: accepted, or its scheduled time. */
  dueSince: Date
  /** The instance's or the tenant's own waits between attempts. */
  retryMinutes: number[] | undefined
  /** It tries whether the channel of an open circuit is back. */
  probe: boolean
}

export interface ClaimRequest extends InstanceKey {
  limit: number
  claimSeconds: number
  /** The worker's own, kept from claim to claim; without it each looks from the beginning. */
  mark?: LaneMark
  /** Who claims; a worker, unless it says otherwise. */
  handover?: Handover
  /** Runs in the claim's transaction, where something was claimed. */
  onClaimed?: (work: UnitOfWork, claimed: ClaimedDelivery[]) => Promise<void>
}

/** What of a delivery's row a claim of it says. */
export interface ClaimColumns {
  tenant_id: string
  id: string
  instance_id: string
  lane: string
  recipient: string
  payload: unknown
  generation: number
  key_generation: number
  attempts: number
  max_attempts: number
  request_id: string | null
}

interface ClaimedRow extends ClaimedForPurpose, ClaimColumns {
  created_at: Date
  scheduled_at: Date | null
}

const CAMPAIGN = 2

/**
 * Claims the heads of an instance's ready lanes, the most urgent lanes first: QUEUED becomes SENDING, an attempt
 * begins. What is past its end fails instead. Nothing is claimed while the instance is not connected, beyond its pace,
 * or while its circuit is open, so that waiting uses no attempt and holds no claim. Workers skip each other's locked
 * lanes.
 */
export async function claim(
  dependencies: CommitDependencies,
  request: ClaimRequest,
): Promise<ClaimedDelivery[]> {
  const mark = request.mark ?? new LaneMark()
  const gate = await readGate(dependencies.db, request, mark, request.handover)
  if (gate?.dueInMs !== 0) return []
  if (gate.hasScheduled) await enterScheduled(dependencies.db, request)
  if (gate.waitMs > 0) return []
  let found: FoundLanes = { lanes: [], all: false }
  const claimed = await commit(dependencies, async (work) => {
    if (gate.probing && !(await lockProbe(work.transaction, request))) return []
    const { rows, ...scan } = await claimWithin(work, request, { gate, mark })
    found = scan.found
    await tellTransitions(work, rows)
    const claimed = rows.filter(({ state }) => state === 'SENDING').map((row) => toClaimed(row, gate))
    if (claimed.length === 0) return []
    if (gate.probing) await markProbing(work.transaction, request, request.claimSeconds)
    await request.onClaimed?.(work, claimed)
    return claimed
  })
  // Not within the transaction, which may be run again.
  if (found.all) mark.clear()
  else mark.moveTo(found.lanes)
  return claimed
}

/** What a scan found; `all`: it came to the end. */
interface FoundLanes {
  lanes: (ReadyLane & LanePlace)[]
  all: boolean
}

/** As many as pace and first contacts allow, and writes down what was used. */
async function claimWithin(
  work: UnitOfWork,
  request: ClaimRequest,
  { gate, mark }: { gate: Gate; mark: LaneMark },
): Promise<{ rows: ClaimedRow[]; found: FoundLanes }> {
  const { transaction } = work
  const { settings } = gate
  const allowance = await lockPace(transaction, request, settings)
  const limit = Math.min(request.limit, allowance.slots, gate.probing ? 1 : request.limit)
  const ready = limit > 0 ? await lockReadyLanes(work, request, { limit, gate, mark }) : []
  const found = { lanes: ready, all: limit > 0 && ready.length < limit }
  if (ready.length === 0) return { rows: [], found }
  const { lanes, firstContacts } = await admitFirstContacts(transaction, request, settings, {
    lanes: ready,
    allowed: allowance.firstContacts,
  })
  if (lanes.length === 0) return { rows: [], found }
  const rows = await blockedByPolicy(work, inOrderOf(lanes, await claimHeads(work, request, lanes)))
  const { tenantId, instanceId } = request
  await readyLanes(
    transaction,
    lanes.map((lane) => ({ tenantId, instanceId, lane })),
  )
  const claimed = rows.filter(({ state }) => state === 'SENDING')
  await beginAttempts(work, claimed)
  await spendPace(transaction, request, settings, { messages: claimed.length, firstContacts })
  return { rows, found }
}

/** The most urgent first, as their lanes were found. */
function inOrderOf(lanes: string[], rows: ClaimedRow[]): ClaimedRow[] {
  const places = new Map(lanes.map((lane, place) => [lane, place]))
  return rows.toSorted((one, other) => (places.get(one.lane) ?? 0) - (places.get(other.lane) ?? 0))
}

/**
 * Rank by rank: each is a short scan of its own, however many lanes of another rank wait. `now()`, not
 * `clock_timestamp()`: only the first can be a condition of the index.
 */
async function lockReadyLanes(
  { transaction }: UnitOfWork,
  { tenantId, instanceId }: ClaimRequest,
  { limit, gate, mark }: { limit: number; gate: Gate; mark: LaneMark },
): Promise<FoundLanes['lanes']> {
  const ranks = gate.campaignsInMs > 0 ? [0, 1] : [0, 1, CAMPAIGN]
  const { rows } = await sql<ReadyLane & LanePlace>`
    select ready.* from ${mark.rows(ranks)} cross join lateral (
      select lane, known_at is not null as known, rank, ready_at::text as ready_at from lane
      where tenant_id = ${tenantId} and instance_id = ${instanceId} and rank = r.rank and lane.ready_at <= now()
        and (lane.ready_at, lane.lane) > (r.at, r.after)
      order by lane.ready_at, lane.lane limit ${limit} for update skip locked
    ) ready limit ${limit}`.execute(transaction)
  return rows
}

async function claimHeads(
  { transaction }: UnitOfWork,
  { tenantId, instanceId, claimSeconds }: ClaimRequest,
  lanes: string[],
): Promise<ClaimedRow[]> {
  const { rows } = await sql<ClaimedRow>`
    update delivery d set
      state = case when head.over then 'FAILED' else 'SENDING' end,
      attempts = d.attempts + case when head.over then 0 else 1 end,
      claimed_until = case when not head.over then now() + make_interval(secs => ${claimSeconds}) end,
      settled_at = case when head.over then now() end,
      error_code = case when head.over then ${PAST_END.code} end,
      error_message = case when head.over then ${PAST_END.message} end,
      next_attempt_at = null, updated_at = now()
    from unnest(${lanes}::text[]) as l (lane) cross join lateral (
      select id, coalesce(expires_at <= now(), false) as over from delivery
      where tenant_id = ${tenantId} and instance_id = ${instanceId} and lane = l.lane
        and state in ('QUEUED', 'SENDING') and position is not null
      order by position limit 1
    ) head
    where d.tenant_id = ${tenantId} and d.id = head.id and d.state = 'QUEUED'
    returning d.*`.execute(transaction)
  return rows
}

/** A try that waited used no attempt: the next one takes over its number. */
async function beginAttempts({ transaction }: UnitOfWork, claimed: ClaimedRow[]): Promise<void> {
  if (claimed.length === 0) return
  const rows = claimed.map(({ tenant_id, id, generation, attempts }) => ({
    tenant_id,
    id,
    generation,
    attempts,
  }))
  await sql`
    insert into delivery_attempt (tenant_id, delivery_id, generation, number, outcome)
    select tenant_id, id, generation, attempts, 'sending' from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as claimed (tenant_id text, id uuid, generation int, attempts int)
    on conflict (tenant_id, delivery_id, generation, number) do update set
      outcome = excluded.outcome, fault = null, error_code = null, error_message = null, provider_response = null,
      next_attempt_at = null, started_at = now(), finished_at = null`.execute(transaction)
}

function toClaimed(row: ClaimedRow, gate: { settings: OutboxSettings; probing: boolean }): ClaimedDelivery {
  const { created_at, scheduled_at } = row
  return toClaimedDelivery(row, {
    dueSince: scheduled_at && scheduled_at > created_at ? scheduled_at : created_at,
    retryMinutes: gate.settings.retryMinutes,
    probe: gate.probing,
  })
}

/** A delivery's row as whoever sends it sees it, with what its row does not say. */
export const toClaimedDelivery = (
  row: ClaimColumns,
  told: Pick<ClaimedDelivery, 'dueSince' | 'retryMinutes' | 'probe'>,
): ClaimedDelivery => ({
  tenantId: row.tenant_id,
  id: row.id,
  instanceId: row.instance_id,
  lane: row.lane,
  recipient: row.recipient,
  intent: Intent.parse(row.payload),
  generation: row.generation,
  keyGeneration: row.key_generation,
  attempt: row.attempts,
  maxAttempts: row.max_attempts,
  requestId: row.request_id,
  ...told,
})
