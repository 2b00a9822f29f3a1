import { PURPOSES } from '@carteiro/contracts/consent'
import type { Contact, ContactDetails } from '@carteiro/contracts/contact'
import type { Queryable } from '@carteiro/database/connect'
import type { ContactTable } from '@carteiro/database/tables'
import type { Selectable } from 'kysely'
import { readConsent } from '../consents/read-consents.ts'
import { toContactView } from './view.ts'

/** A row of `contact`, as those who look after it see it. */
export const describeContact = (row: Selectable<ContactTable>): Contact => ({
  ...toContactView(row),
  pushName: row.push_name,
  document: row.document,
  registrations: row.registrations,
  avatarUrl: row.avatar_url,
  attributes: row.attributes,
  told: { name: row.told_name, document: row.told_document, registrations: row.told_registrations },
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  version: row.version,
})

/** A contact with how it stands to each purpose; `undefined` when the tenant has no such one. */
export async function readContact(
  db: Queryable,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<ContactDetails | undefined> {
  const row = await db
    .selectFrom('contact')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const consents: ContactDetails['consents'] = []
  for (const purpose of PURPOSES) {
    const standing = await readConsent(db, { tenantId, contactId: id, purpose })
    if (standing) consents.push(standing)
  }
  return { ...describeContact(row), consents }
}
