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
  const id = found ?? (await insertContact(transaction, tenantId, known))
  if (found) await fillIn(transaction, tenantId, found, known)
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
): Promise<string> {
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
  if (row) return row.id
  const other = await findContact(transaction, tenantId, known)
  if (other === undefined) throw new Error('a contact conflicts with one that cannot be found')
  return other
}

async function fillIn(
  transaction: DatabaseTransaction,
  tenantId: string,
  id: string,
  known: KnownOfContact,
): Promise<void> {
  await sql`
    update contact set
      lid = case when ${known.lid}::text is null or exists (
          select from contact other where other.tenant_id = ${tenantId} and other.lid = ${known.lid} and other.id <> ${id}
        ) then contact.lid else coalesce(contact.lid, ${known.lid}) end,
      name = coalesce(${known.name ?? null}, contact.name, ${known.pushName ?? null}),
      push_name = coalesce(${known.pushName ?? null}, contact.push_name),
      document = coalesce(${known.document ?? null}, contact.document),
      avatar_url = coalesce(${known.avatarUrl ?? null}, contact.avatar_url),
      updated_at = now()
    where tenant_id = ${tenantId} and id = ${id} and (
      (${known.lid}::text is not null and contact.lid is null)
      or contact.name is distinct from coalesce(${known.name ?? null}, contact.name, ${known.pushName ?? null})
      or contact.push_name is distinct from coalesce(${known.pushName ?? null}, contact.push_name)
      or contact.document is distinct from coalesce(${known.document ?? null}, contact.document)
      or contact.avatar_url is distinct from coalesce(${known.avatarUrl ?? null}, contact.avatar_url)
    )`.execute(transaction)
}
