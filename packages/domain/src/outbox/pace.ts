import type { PaceSettings } from '@carteiro/contracts/settings'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { withJitter } from '@carteiro/runtime/backoff'
import { sql } from 'kysely'
import type { InstanceKey } from './gate.ts'
import type { OutboxSettings } from './settings.ts'

const JITTER = 0.2
const MINUTE_MS = 60_000

/** Milliseconds that one message pays for; 0 when the pace is off. */
const spacingMs = ({ perMinute }: PaceSettings): number => (perMinute === 0 ? 0 : MINUTE_MS / perMinute)

/**
 * How long the next message waits. Each one that leaves is paid for by the time between two at the instance's pace; up
 * to a burst of them may be unpaid.
 *
 * @param paidAheadMs how far into the future the messages that left are paid for; negative after a quiet time
 */
export function paceWaitMs(pace: PaceSettings, paidAheadMs: number): number {
  const spacing = spacingMs(pace)
  return spacing === 0 ? 0 : Math.max(0, Math.ceil(paidAheadMs - (pace.burst - 1) * spacing))
}

/** How many may leave at once. */
export function paceSlots(pace: PaceSettings, paidAheadMs: number): number {
  const spacing = spacingMs(pace)
  if (spacing === 0) return Number.POSITIVE_INFINITY
  return Math.max(0, Math.floor(pace.burst - Math.max(0, paidAheadMs) / spacing + 1e-6))
}

/** What an instance may use now; its row is locked until the claim that uses it commits. */
export interface Allowance {
  slots: number
  /** Of today, in the tenant's time zone. */
  firstContacts: number
}

/**
 * Takes an instance's pace for one claim: a second worker waits for its row, so that the two do not double it. An
 * instance whose limits are off has no row, and nobody waits.
 */
export async function lockPace(
  transaction: DatabaseTransaction,
  { tenantId, instanceId }: InstanceKey,
  { pace, timezone }: OutboxSettings,
): Promise<Allowance> {
  if (isOff(pace)) return { slots: Number.POSITIVE_INFINITY, firstContacts: Number.POSITIVE_INFINITY }
  const { rows } = await sql<{ paid_ahead_ms: number; first_contacts: number }>`
    insert into instance_pace as p (tenant_id, instance_id) values (${tenantId}, ${instanceId})
    on conflict (tenant_id, instance_id) do update set tenant_id = excluded.tenant_id
    returning extract(epoch from p.paid_at - clock_timestamp())::float * 1000 as paid_ahead_ms,
      case when p.first_contacts_on = (now() at time zone ${timezone})::date then p.first_contacts else 0 end
        as first_contacts`.execute(transaction)
  const [row] = rows
  if (!row) throw new Error('PostgreSQL gave back no pace')
  return {
    slots: paceSlots(pace, row.paid_ahead_ms),
    firstContacts:
      pace.firstContactsPerDay === 0
        ? Number.POSITIVE_INFINITY
        : Math.max(0, pace.firstContactsPerDay - row.first_contacts),
  }
}

/** Writes down what a claim used, with the pace locked. */
export async function spendPace(
  transaction: DatabaseTransaction,
  { tenantId, instanceId }: InstanceKey,
  { pace, timezone }: OutboxSettings,
  used: { messages: number; firstContacts: number },
): Promise<void> {
  if (isOff(pace) || used.messages === 0) return
  const spacing = spacingMs(pace)
  const paidMs = Array.from({ length: spacing === 0 ? 0 : used.messages }, () =>
    withJitter(spacing, JITTER),
  ).reduce((sum, ms) => sum + ms, 0)
  await sql`
    update instance_pace set
      paid_at = greatest(paid_at, clock_timestamp()) + make_interval(secs => ${paidMs / 1_000}),
      first_contacts = ${used.firstContacts}
        + case when first_contacts_on = (now() at time zone ${timezone})::date then first_contacts else 0 end,
      first_contacts_on = (now() at time zone ${timezone})::date
    where tenant_id = ${tenantId} and instance_id = ${instanceId}`.execute(transaction)
}

/** The channel asked to be left alone: the whole instance is, not the one message that heard it. */
export async function pauseInstance(
  transaction: DatabaseTransaction,
  { tenantId, instanceId }: InstanceKey,
  seconds: number,
): Promise<void> {
  await sql`
    insert into instance_pace as p (tenant_id, instance_id, paused_until)
    values (${tenantId}, ${instanceId}, now() + make_interval(secs => ${seconds}))
    on conflict (tenant_id, instance_id) do update set
      paused_until = greatest(p.paused_until, excluded.paused_until)`.execute(transaction)
}

/** The channel is not there: the instance tries again together after so long, or when it connects. */
export async function markAway(
  transaction: DatabaseTransaction,
  { tenantId, instanceId }: InstanceKey,
  seconds: number,
): Promise<void> {
  await sql`
    insert into instance_pace as p (tenant_id, instance_id, away_until)
    values (${tenantId}, ${instanceId}, now() + make_interval(secs => ${seconds}))
    on conflict (tenant_id, instance_id) do update set away_until = excluded.away_until`.execute(transaction)
}

/** The channel is back. */
export async function markBack(
  transaction: DatabaseTransaction,
  { tenantId, instanceId }: InstanceKey,
): Promise<void> {
  await sql`
    update instance_pace set away_until = null
    where tenant_id = ${tenantId} and instance_id = ${instanceId} and away_until is not null`.execute(
    transaction,
  )
}

const isOff = ({ perMinute, firstContactsPerDay }: PaceSettings): boolean =>
  perMinute === 0 && firstContactsPerDay === 0
