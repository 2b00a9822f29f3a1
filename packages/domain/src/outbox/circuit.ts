import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import type { InstanceKey } from './gate.ts'

/** So many failures of the channel in so many seconds open the circuit for so long. */
const FAILURES = 5
const WITHIN_SECONDS = 60
const OPEN_SECONDS = 120

/** How attempts of one instance ended, for its circuit. */
export interface ChannelNews extends InstanceKey {
  /** One of them tried whether the channel is back. */
  probed: boolean
  /** Attempts in which the channel failed. */
  failures: number
  /** It took the message that tried, or said why it does not want it: the channel is there. */
  answered: boolean
}

/**
 * After its time an open circuit lets one message try. The row stays locked until the claim commits.
 *
 * @returns whether this claim may
 */
export async function lockProbe(
  transaction: DatabaseTransaction,
  { tenantId, instanceId }: InstanceKey,
): Promise<boolean> {
  const { rows } = await sql`
    select from instance_circuit
    where tenant_id = ${tenantId} and instance_id = ${instanceId} and open_until <= now()
      and (probe_until is null or probe_until <= now())
    for update skip locked`.execute(transaction)
  return rows.length > 0
}

/** The message that tries has been claimed: no other one tries until its claim ends. */
export async function markProbing(
  transaction: DatabaseTransaction,
  { tenantId, instanceId }: InstanceKey,
  claimSeconds: number,
): Promise<void> {
  await sql`
    update instance_circuit set probe_until = now() + make_interval(secs => ${claimSeconds})
    where tenant_id = ${tenantId} and instance_id = ${instanceId}`.execute(transaction)
}

/** Takes note of how attempts ended: opens the circuit, or closes one that was half open. */
export async function recordChannelNews(work: UnitOfWork, news: ChannelNews): Promise<void> {
  if (news.failures > 0) await recordFailures(work, news)
  else if (news.probed && news.answered) await closeCircuit(work, news, 'half open')
  else if (news.probed) await endProbe(work, news)
}

/** When half open, one failure is enough. */
async function recordFailures(
  { transaction, record }: UnitOfWork,
  { tenantId, instanceId, failures }: ChannelNews,
): Promise<void> {
  const fresh = sql`array_fill(now(), array[${Math.min(failures, FAILURES)}::int])`
  await sql`
    insert into instance_circuit as c (tenant_id, instance_id, failed_at) values (${tenantId}, ${instanceId}, ${fresh})
    on conflict (tenant_id, instance_id) do update set failed_at = (
      select array_agg(at) from (
        select at from unnest(c.failed_at || excluded.failed_at) as at
        where at > now() - make_interval(secs => ${WITHIN_SECONDS})
        order by at desc limit ${FAILURES}
      ) latest
    )`.execute(transaction)
  const { rows } = await sql<{ open_until: Date }>`
    update instance_circuit set open_until = now() + make_interval(secs => ${OPEN_SECONDS}), probe_until = null
    where tenant_id = ${tenantId} and instance_id = ${instanceId}
      and (open_until <= now() or (open_until is null and cardinality(failed_at) >= ${FAILURES}))
    returning open_until`.execute(transaction)
  const [opened] = rows
  if (!opened) return
  const payload = { instanceId, openUntil: opened.open_until.toISOString() }
  record({ tenantId, type: 'whatsapp.circuit_breaker.open', instanceId, payload })
}

/**
 * Lets everything leave again. `half open`: only where the circuit waited for an answer; what was on its way when it
 * opened proves nothing.
 */
export async function closeCircuit(
  { transaction, record }: UnitOfWork,
  { tenantId, instanceId }: InstanceKey,
  when: 'half open' | 'always',
): Promise<void> {
  const { rows } = await sql<{ was_open: boolean }>`
    delete from instance_circuit
    where tenant_id = ${tenantId} and instance_id = ${instanceId} and (${when === 'always'} or open_until <= now())
    returning open_until is not null as was_open`.execute(transaction)
  if (rows[0]?.was_open) {
    record({ tenantId, type: 'whatsapp.circuit_breaker.closed', instanceId, payload: { instanceId } })
  }
}

/** The message that tried has learnt nothing of the channel: another one may try. */
async function endProbe({ transaction }: UnitOfWork, { tenantId, instanceId }: InstanceKey): Promise<void> {
  await sql`
    update instance_circuit set probe_until = null
    where tenant_id = ${tenantId} and instance_id = ${instanceId} and probe_until is not null`.execute(
    transaction,
  )
}
