import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import type { ToldContact } from './fill-in.ts'
import { type ContactViewRow, tellContacts } from './view.ts'

/**
 * Makes contacts, in the order of their addresses: in any other one, transactions that make the same ones wait for
 * one another.
 *
 * @returns how many were made; one whose address another contact has is not
 */
export async function insertContacts(work: UnitOfWork, contacts: ToldContact[]): Promise<number> {
  if (contacts.length === 0) return 0
  const { rows } = await sql<ContactViewRow & { tenant_id: string }>`
    insert into contact
      (tenant_id, id, kind, phone, lid, jid, told_name, named, push_name, told_document, told_registrations, avatar_url)
    select tenant_id, id, kind, phone, lid, jid, coalesce(name, push_name), name is not null, push_name, document,
      coalesce(registrations, '{}'), avatar_url
    from jsonb_to_recordset(${JSON.stringify(contacts.map(toRow))}::jsonb) as told (tenant_id text, id uuid,
      kind text, phone text, lid text, jid text, name text, push_name text, document text, registrations text[],
      avatar_url text)
    order by tenant_id, phone, lid, jid
    on conflict do nothing returning tenant_id, id, name, phone, kind`.execute(work.transaction)
  tellContacts(work, 'contacts.new', rows)
  return rows.length
}

const toRow = ({ tenantId, id, known }: ToldContact) => ({
  tenant_id: tenantId,
  id,
  kind: known.kind,
  phone: known.phone,
  lid: known.lid,
  jid: known.jid,
  name: known.name,
  push_name: known.pushName,
  document: known.document,
  registrations: known.registrations,
  avatar_url: known.avatarUrl,
})
