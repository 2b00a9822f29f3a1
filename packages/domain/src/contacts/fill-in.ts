import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import type { KnownOfContact } from './upsert.ts'
import { type ContactViewRow, tellContacts } from './view.ts'

/** A contact that is there, and what was told of it. */
export interface ToldContact {
  tenantId: string
  id: string
  known: KnownOfContact
}

const COLUMNS = [
  'phone',
  'lid',
  'told_name',
  'named',
  'push_name',
  'told_document',
  'told_registrations',
  'avatar_url',
] as const

/** An address that is another contact's is not taken from it. */
const address = (column: 'phone' | 'lid') => sql`
  coalesce(c.${sql.ref(column)}, case when not exists (
    select from contact other where other.tenant_id = c.tenant_id and other.${sql.ref(column)} = told.${sql.ref(column)}
      and other.id <> c.id
  ) then told.${sql.ref(column)} end)`

const columnsOf = (table: string) => sql.join(COLUMNS.map((column) => sql.ref(`${table}.${column}`)))

/** Fills in what is newly known of contacts; one is written, and locked, only where something differs. */
export async function fillIn(work: UnitOfWork, contacts: ToldContact[]): Promise<void> {
  if (contacts.length === 0) return
  const { rows } = await sql<ContactViewRow & { tenant_id: string }>`
    with next as (
      select c.tenant_id, c.id, n.*
      from jsonb_to_recordset(${JSON.stringify(contacts.map(toRow))}::jsonb) as told (tenant_id text, id uuid,
        phone text, lid text, name text, push_name text, document text, registrations text[], avatar_url text)
      join contact c on c.tenant_id = told.tenant_id and c.id = told.id
      cross join lateral (select
        ${address('phone')} as phone,
        ${address('lid')} as lid,
        coalesce(told.name, case when c.named then c.told_name end, told.push_name, c.told_name) as told_name,
        (c.named or told.name is not null) as named,
        coalesce(told.push_name, c.push_name) as push_name,
        coalesce(told.document, c.told_document) as told_document,
        coalesce(told.registrations, c.told_registrations) as told_registrations,
        coalesce(told.avatar_url, c.avatar_url) as avatar_url
      ) n
      where (${columnsOf('c')}) is distinct from (${columnsOf('n')})
      order by c.tenant_id, c.id for no key update of c
    )
    update contact set
      ${sql.join(COLUMNS.map((column) => sql`${sql.ref(column)} = ${sql.ref(`next.${column}`)}`))}, updated_at = now()
    from next where contact.tenant_id = next.tenant_id and contact.id = next.id
    returning contact.tenant_id, contact.id, contact.name, contact.phone, contact.kind`.execute(
    work.transaction,
  )
  tellContacts(work, 'contact.updated', rows)
}

const toRow = ({ tenantId, id, known }: ToldContact) => ({
  tenant_id: tenantId,
  id,
  phone: known.phone,
  lid: known.lid,
  name: known.name,
  push_name: known.pushName,
  document: known.document,
  registrations: known.registrations?.length ? known.registrations : null,
  avatar_url: known.avatarUrl,
})
