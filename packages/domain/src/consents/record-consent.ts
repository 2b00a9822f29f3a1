import type { ConsentStanding, ConsentStatus, Purpose } from '@carteiro/contracts/consent'
import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { readConsent } from './read-consents.ts'

export interface ConsentToRecord {
  tenantId: string
  contactId: string
  purpose: Purpose
  status: ConsentStatus
  source: string
  /** When it was said; left out, now by the database's clock. */
  at?: Date | undefined
  actor: string
  requestId: string
}

/**
 * Adds what a contact said to its history; the newest word rules. The same word of the same time is kept once.
 *
 * @returns how the contact stands then; `undefined` when the tenant has no such contact
 */
export async function recordConsent(
  dependencies: CommitDependencies,
  consent: ConsentToRecord,
): Promise<ConsentStanding | undefined> {
  return commit(dependencies, (work) => recordConsentWithin(work, consent))
}

/** The same within an act that does more than that. */
export async function recordConsentWithin(
  work: UnitOfWork,
  consent: ConsentToRecord,
): Promise<ConsentStanding | undefined> {
  const { tenantId, contactId, purpose, status, source, at = null, actor, requestId } = consent
  const { transaction } = work
  // The lock holds off a merge that would delete the contact.
  const { rows } = await sql`
    select from contact where tenant_id = ${tenantId} and id = ${contactId} and erased_at is null for no key update`.execute(
    transaction,
  )
  if (rows.length === 0) return undefined
  const { numAffectedRows } = await sql`
    insert into consent (tenant_id, id, contact_id, purpose, status, source, at)
    select ${tenantId}, ${newId()}, ${contactId}, ${purpose}, ${status}, ${source},
      coalesce(${at}::timestamptz, date_trunc('milliseconds', clock_timestamp()))
    where not exists (select from consent
      where tenant_id = ${tenantId} and contact_id = ${contactId} and purpose = ${purpose}
        and at = ${at} and status = ${status} and source = ${source})`.execute(transaction)
  if (numAffectedRows) {
    const details = { purpose, status, ...(at ? { at: at.toISOString() } : {}) }
    await recordAudit(transaction, [
      {
        tenantId,
        actor,
        action: 'UPDATED',
        entityType: 'contact',
        entityId: contactId,
        details,
        requestId,
      },
    ])
  }
  const standing = await readConsent(transaction, { tenantId, contactId, purpose })
  if (numAffectedRows && standing?.status && standing.at) {
    const payload = { contactId, purpose, status: standing.status, at: standing.at }
    work.record({ tenantId, type: 'contact.consent.changed', contactId, payload })
  }
  return standing
}
