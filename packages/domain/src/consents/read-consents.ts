import type { Consent, ConsentStanding, ConsentStatus, Purpose } from '@carteiro/contracts/consent'
import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { newestConsent } from './newest.ts'
import { allows } from './policy.ts'

interface StandingRow {
  policy: unknown
  status: ConsentStatus | null
  source: string | null
  at: Date | null
}

/** How a contact stands to a purpose; `undefined` when the tenant has no such contact. */
export async function readConsent(
  db: Queryable,
  { tenantId, contactId, purpose }: { tenantId: string; contactId: string; purpose: Purpose },
): Promise<ConsentStanding | undefined> {
  const { rows } = await sql<StandingRow>`
    select t.settings -> 'consent' as policy, newest.*
    from contact join tenant t on t.id = contact.tenant_id
      left join lateral (${newestConsent(sql`contact.tenant_id`, sql`contact.id`, sql`${purpose}`)}) newest on true
    where contact.tenant_id = ${tenantId} and contact.id = ${contactId}`.execute(db)
  const [row] = rows
  if (!row) return undefined
  const { policy, status, source, at } = row
  return {
    contactId,
    purpose,
    status,
    source,
    at: at?.toISOString() ?? null,
    maySend: allows(policy, purpose, status),
  }
}

/**
 * What a contact said, in the order in which it was recorded, newest first.
 *
 * @param after id of the last line of the page before
 * @returns `undefined` when the tenant has no such contact
 */
export async function listConsents(
  db: Queryable,
  {
    tenantId,
    contactId,
    purpose,
    after,
    limit,
  }: {
    tenantId: string
    contactId: string
    purpose?: Purpose | undefined
    after?: string | undefined
    limit: number
  },
): Promise<{ items: Consent[]; next: string | null } | undefined> {
  const contact = await db
    .selectFrom('contact')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', contactId)
    .executeTakeFirst()
  if (!contact) return undefined
  let query = db
    .selectFrom('consent')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('contact_id', '=', contactId)
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (purpose !== undefined) query = query.where('purpose', '=', purpose)
  if (after !== undefined) query = query.where('id', '<', after)
  const rows = await query.execute()
  const page = rows.slice(0, limit)
  return {
    items: page.map((row) => ({
      id: row.id,
      contactId: row.contact_id,
      purpose: row.purpose,
      status: row.status,
      source: row.source,
      at: row.at.toISOString(),
    })),
    next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
  }
}
