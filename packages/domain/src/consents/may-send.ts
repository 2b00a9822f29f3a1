import type { ConsentStatus, Purpose } from '@carteiro/contracts/consent'
import type { Jid } from '@carteiro/contracts/jid'
import { sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import { addressOf } from '../contacts/phone.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { findAnswerable } from './answer.ts'
import { newestConsent } from './newest.ts'
import { allows } from './policy.ts'

export interface SendQuestion {
  tenantId: string
  recipient: Jid
  purpose: Purpose
  /** A person writes it in a chat. */
  isAnswer: boolean
  actor: string
  requestId: string
}

/** `consent`: what the contact said last about this purpose; `null` when it never said anything. */
export interface BlockedByPolicy {
  status: 'blocked_by_policy'
  purpose: Purpose
  consent: ConsentStatus | null
}

interface StandingRow {
  contact_id: string | null
  policy: unknown
  status: ConsentStatus | null
}

/**
 * Whether this recipient may be written to, asked before a message is queued. A refusal is written to the audit trail,
 * and nothing else is.
 *
 * @returns `undefined` when it may
 */
export async function maySend(
  { transaction }: UnitOfWork,
  { tenantId, recipient, purpose, isAnswer, actor, requestId }: SendQuestion,
): Promise<BlockedByPolicy | undefined> {
  const { phone, lid, jid } = addressOf(recipient)
  const { rows } = await sql<StandingRow>`
    select contact.id as contact_id, t.settings -> 'consent' as policy, newest.status
    from tenant t
      left join contact on contact.tenant_id = t.id and (phone = ${phone} or lid = ${lid} or jid = ${jid})
      left join lateral (${newestConsent(sql`t.id`, sql`contact.id`, sql`${purpose}`)}) newest on true
    where t.id = ${tenantId}`.execute(transaction)
  const [standing] = rows
  if (!standing) throw new Error(`there is no tenant ${tenantId}`)
  const { policy, status, contact_id: contactId } = standing
  if (allows(policy, purpose, status)) return undefined
  const mayHaveWritten = isAnswer && status === 'denied' && contactId !== null
  if (mayHaveWritten && (await findAnswerable(transaction, tenantId, [contactId])).size > 0) return undefined
  await recordAudit(transaction, [
    {
      tenantId,
      actor,
      action: 'BLOCKED_BY_POLICY',
      entityType: 'contact',
      // Of a recipient that is no contact nothing is kept.
      entityId: standing.contact_id ?? 'none',
      details: { purpose, consent: standing.status },
      requestId,
    },
  ])
  return { status: 'blocked_by_policy', purpose, consent: standing.status }
}
