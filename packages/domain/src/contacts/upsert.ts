import type { DatabaseTransaction } from '@carteiro/database/connect'
import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import type { ContactAddress } from './phone.ts'

export interface KnownOfContact extends ContactAddress {
  name?: string | null
  pushName?: string | null
  document?: string | null
  registrations?: string[] | null
  avatarUrl?: string | null
}

/**
 * Finds the contact by phone, else LID, else group jid, or makes it; what is newly known is filled in. A contact
 * is written only where something differs, so that a busy chat does not rewrite it with every message.
 */
export async function upsertContact(
  transaction: DatabaseTransaction,
  tenantId: string,
  known: KnownOfContact,
): Promise<{ id: string }> {
  const found = await findContact(transaction, tenantId, known)
  const made = found ?? (await insertContact(transaction, tenantId, known))
  // Not made after all: another transaction was first, and may know less.
  const id = made ?? (await findContact(transaction, tenantId, known))
  if (id === undefined) throw new Error('a contact conflicts with one that cannot be found')
  if (found !== undefined || made === undefined) await fillIn(transaction, tenantId, id, known)
  return { id }
}

async function findContact(
  transaction: DatabaseTransaction,
  tenantId: string,
  { phone, lid, jid }: ContactAddress,
): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select id from contact
    where tenant_id = ${tenantId} and (phone = ${phone} or lid = ${lid} or jid = ${jid})
    order by phone = ${phone} desc nulls last limit 1`.execute(transaction)
  return rows[0]?.id
}

async function insertContact(
  transaction: DatabaseTransaction,
  tenantId: string,
  known: KnownOfContact,
): Promise<string | undefined> {
  const row = await transaction
    .insertInto('contact')
    .values({
      tenant_id: tenantId,
      id: newId(),
      kind: known.kind,
      phone: known.phone,
      lid: known.lid,
      jid: known.jid,
      name: known.name ?? known.pushName ?? null,
      push_name: known.pushName ?? null,
      document: known.document ?? null,
      registrations: known.registrations ?? [],
      avatar_url: known.avatarUrl ?? null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  return row?.id
}

async function fillIn(
  transaction: DatabaseTransaction,
  tenantId: string,
  id: string,
  known: KnownOfContact,
): Promise<void> {
  const address = (column: 'phone' | 'lid') => {
    const taken = sql`exists (
      select from contact other
      where other.tenant_id = ${tenantId} and other.${sql.ref(column)} = ${known[column]} and other.id <> ${id})`
    return sql`coalesce(contact.${sql.ref(column)}, case when not ${taken} then ${known[column]} end)`
  }
  const registrations = known.registrations?.length ? known.registrations : null
  const values = {
    phone: address('phone'),
    lid: address('lid'),
    name: sql`coalesce(${known.name ?? null}, contact.name, ${known.pushName ?? null})`,
    push_name: sql`coalesce(${known.pushName ?? null}, contact.push_name)`,
    document: sql`coalesce(${known.document ?? null}, contact.document)`,
    registrations: sql`coalesce(${registrations}::text[], contact.registrations)`,
    avatar_url: sql`coalesce(${known.avatarUrl ?? null}, contact.avatar_url)`,
  }
  const columns = Object.entries(values)
  const sets = columns.map(([column, value]) => sql`${sql.ref(column)} = ${value}`)
  const differs = columns.map(([column, value]) => sql`contact.${sql.ref(column)} is distinct from ${value}`)
  await sql`
    update contact set ${sql.join(sets)}, updated_at = now()
    where tenant_id = ${tenantId} and id = ${id} and (${sql.join(differs, sql` or `)})`.execute(transaction)
}
