import type { Contact } from '@carteiro/contracts/contact'
import type { Queryable } from '@carteiro/database/connect'
import { findContacts, isAmong } from '../search/find-contacts.ts'
import type { SearchQuery } from '../search/read-query.ts'
import { describeContact } from './describe-contact.ts'

export interface ContactFilter {
  tenantId: string
  kind?: 'person' | 'group' | undefined
  /** E.164. */
  phone?: string | undefined
  query?: SearchQuery | undefined
  after?: string | undefined
  limit: number
}

/** A tenant's contacts, those who came last first. @param after id of the last one of the page before */
export async function listContacts(
  db: Queryable,
  { tenantId, kind, phone, query: search, after, limit }: ContactFilter,
): Promise<{ items: Contact[]; next: string | null }> {
  let query = db
    .selectFrom('contact')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('erased_at', 'is', null)
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (kind !== undefined) query = query.where('kind', '=', kind)
  if (phone !== undefined) query = query.where('phone', '=', phone)
  if (search !== undefined) {
    const found = await findContacts(db, { tenantId, query: search })
    query = query.where(isAmong(found, 'contact.id'))
  }
  if (after !== undefined) query = query.where('id', '<', after)
  const rows = await query.execute()
  const page = rows.slice(0, limit)
  return { items: page.map(describeContact), next: rows.length > limit ? (page.at(-1)?.id ?? null) : null }
}
