import type { ConsentStatus, Purpose } from '@carteiro/contracts/consent'
import { sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import { findAnswerable, isAnswer } from '../consents/answer.ts'
import { newestConsent } from '../consents/newest.ts'
import { allows } from '../consents/policy.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { BLOCKED } from './may-have-left.ts'
import type { ChangedDelivery } from './transition.ts'

export interface ClaimedForPurpose extends ChangedDelivery {
  purpose: Purpose
  policy_exempt: boolean
  priority: number
  idempotency_key: string | null
}

interface Standing {
  id: string
  policy: unknown
  status: ConsentStatus | null
}

/**
 * Asks again, when messages are about to leave, whether their contacts may be written to: a consent may have been
 * withdrawn since they were queued. One that may not ends FAILED as BLOCKED_BY_POLICY, without an attempt (as
 * OUTCOME_UNKNOWN where an earlier attempt was not answered). For rows of one tenant that were just claimed, under their lanes' locks, before the lanes are readied.
 *
 * @returns the rows, those that ended as they are then
 */
export async function blockedByPolicy<Row extends ClaimedForPurpose>(
  work: UnitOfWork,
  claimed: Row[],
): Promise<Row[]> {
  const refused = await findRefused(work, claimed)
  if (refused.size === 0) return claimed
  const { rows: failed } = await sql<Row>`
    update delivery d set state = 'FAILED', attempts = attempts - 1, claimed_until = null, settled_at = now(),
      error_code = ${BLOCKED.code}, error_message = ${BLOCKED.message},
      updated_at = now()
    where tenant_id = ${claimed[0]?.tenant_id} and id = any(${[...refused.keys()]}::uuid[]) and state = 'SENDING'
    returning *`.execute(work.transaction)
  await recordAudit(
    work.transaction,
    failed.map(({ tenant_id: tenantId, id, purpose, request_id: requestId }) => ({
      tenantId,
      actor: 'worker',
      action: 'BLOCKED_BY_POLICY' as const,
      entityType: 'delivery' as const,
      entityId: id,
      details: { purpose, consent: refused.get(id) ?? null },
      requestId,
    })),
  )
  const failedById = new Map(failed.map((row) => [row.id, row]))
  return claimed.map((row) => failedById.get(row.id) ?? row)
}

/** What was said last about those that may not leave, by delivery. */
async function findRefused(
  { transaction }: UnitOfWork,
  claimed: ClaimedForPurpose[],
): Promise<Map<string, ConsentStatus | null>> {
  const about = claimed.filter(({ state, policy_exempt: isExempt }) => state === 'SENDING' && !isExempt)
  const [first] = about
  if (!first) return new Map()
  const { rows } = await sql<Standing>`
    select a.id, t.settings -> 'consent' as policy, newest.status
    from tenant t cross join unnest(
      ${about.map((row) => row.id)}::uuid[], ${about.map((row) => row.contact_id)}::uuid[],
      ${about.map((row) => row.purpose)}::text[]
    ) as a (id, contact_id, purpose)
      left join lateral (${newestConsent(sql`t.id`, sql`a.contact_id`, sql`a.purpose`)}) newest on true
    where t.id = ${first.tenant_id}`.execute(transaction)
  const byId = new Map(about.map((row) => [row.id, row]))
  const refused = rows.filter(
    ({ id, policy, status }) => !allows(policy, byId.get(id)?.purpose ?? 'service', status),
  )
  const answers = refused.flatMap(({ id, status }) => {
    const row = byId.get(id)
    return row && status === 'denied' && isAnswer({ ...row, idempotencyKey: row.idempotency_key })
      ? [row]
      : []
  })
  const answerable = await findAnswerable(
    transaction,
    first.tenant_id,
    answers.map((row) => row.contact_id),
  )
  const mayLeave = new Set(answers.filter((row) => answerable.has(row.contact_id)).map(({ id }) => id))
  return new Map(refused.filter(({ id }) => !mayLeave.has(id)).map(({ id, status }) => [id, status]))
}
