import type { ContactView } from '@carteiro/contracts/ticket'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'

/** The columns of a contact that are shown. */
export interface ContactViewRow {
  id: string
  name: string | null
  phone: string | null
  kind: 'person' | 'group'
}

/** A row of `contact`, as tickets and events show it. */
export const toContactView = ({ id, name, phone, kind }: ContactViewRow): ContactView => ({
  id,
  name,
  phone,
  isGroup: kind === 'group',
})

/** Contacts as they are shown, by id. */
export async function readContactViews(
  transaction: DatabaseTransaction,
  contacts: { tenantId: string; contactId: string }[],
): Promise<Map<string, ContactView>> {
  if (contacts.length === 0) return new Map()
  const tenants = contacts.map(({ tenantId }) => tenantId)
  const ids = contacts.map(({ contactId }) => contactId)
  const { rows } = await sql<ContactViewRow>`
    select distinct c.id, c.name, c.phone, c.kind
    from contact c join unnest(${tenants}::text[], ${ids}::uuid[]) as asked (tenant_id, id) using (tenant_id, id)
  `.execute(transaction)
  return new Map(rows.map((row) => [row.id, toContactView(row)]))
}

/** Tells of contacts that were made, or that more is known of. */
export function tellContacts(
  work: UnitOfWork,
  type: 'contacts.new' | 'contact.updated',
  rows: (ContactViewRow & { tenant_id: string })[],
): void {
  for (const row of rows) {
    const payload = { contactId: row.id, contact: toContactView(row) }
    work.record({ tenantId: row.tenant_id, type, contactId: row.id, payload })
  }
}
