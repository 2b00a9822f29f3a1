import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { fillIn } from './fill-in.ts'
import { type Gathered, gather, type StoredContact, type Told, tellsNew } from './gather.ts'
import { insertContacts } from './insert-contacts.ts'
import { upsertContact } from './upsert.ts'

const MAX_TRIES = 3

/**
 * Finds or makes the contacts that messages tell of, in their order, as `upsertContact` does for one: in a few
 * statements for all of them. One that joins two contacts moves tickets and messages, so what came before it must be
 * stored by then: it is taken alone, in its turn.
 *
 * @returns the contacts' ids, from the first message on, of at least one; the caller asks again for the others
 */
export async function upsertContacts(work: UnitOfWork, told: Told[]): Promise<string[]> {
  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    const gathered = gather(await find(work.transaction, told), told)
    if (gathered.length === 0) break
    // One was made by another transaction, or joined to another one, meanwhile: look again.
    if (await write(work, [...new Set(gathered)])) return gathered.map(({ id }) => id)
  }
  const [first] = told
  return first ? [(await upsertContact(work, first.tenantId, first.contact)).id] : []
}

async function find(transaction: DatabaseTransaction, told: Told[]): Promise<StoredContact[]> {
  const addresses = told.map(({ tenantId, contact: { phone, lid, jid } }) => ({
    tenant_id: tenantId,
    phone,
    lid,
    jid,
  }))
  const distinct = [...new Map(addresses.map((address) => [JSON.stringify(address), address])).values()]
  const by = (column: 'phone' | 'lid' | 'jid') => sql`
    select c.tenant_id, c.id, c.phone, c.lid, c.jid, c.told_name as name, c.named, c.push_name,
      c.told_document as document, c.told_registrations as registrations, c.avatar_url
    from asked join contact c on c.tenant_id = asked.tenant_id and c.${sql.ref(column)} = asked.${sql.ref(column)}`
  const { rows } = await sql<StoredContact>`
    with asked as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(distinct)}::jsonb)
        as asked (tenant_id text, phone text, lid text, jid text)
    )
    ${by('phone')} union ${by('lid')} union ${by('jid')}`.execute(transaction)
  return rows
}

/** @returns whether all of them are there */
async function write(work: UnitOfWork, contacts: Gathered[]): Promise<boolean> {
  const [stored, made] = [contacts.filter((one) => one.stored), contacts.filter((one) => !one.stored)]
  if ((await lock(work.transaction, stored)) < stored.length) return false
  await fillIn(work, stored.filter(tellsNew))
  return (await insertContacts(work, made)) === made.length
}

/** Holds off a merge that would delete a contact before a ticket names it. */
async function lock(transaction: DatabaseTransaction, contacts: Gathered[]): Promise<number> {
  if (contacts.length === 0) return 0
  const tenants = contacts.map(({ tenantId }) => tenantId)
  const ids = contacts.map(({ id }) => id)
  const { rows } = await sql`
    select from contact c join unnest(${tenants}::text[], ${ids}::uuid[]) as used (tenant_id, id) using (tenant_id, id)
    where c.erased_at is null
    order by c.tenant_id, c.id for key share of c`.execute(transaction)
  return rows.length
}
