import { formatJid, parseJid, parseRecipient } from '@carteiro/contracts/jid'
import type { Queryable } from '@carteiro/database/connect'

/** Whose data. */
export interface PersonKey {
  tenantId: string
  contactId: string
}

/** A contact, and every spelling by which it is named elsewhere: in groups, in votes, in what waits. */
export interface Person extends PersonKey {
  kind: 'person' | 'group'
  jids: string[]
}

/** @returns `undefined` when the tenant has no such contact */
export async function findPerson(
  db: Queryable,
  { tenantId, contactId }: PersonKey,
): Promise<Person | undefined> {
  const row = await db
    .selectFrom('contact')
    .select(['kind', 'phone', 'lid', 'jid'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', contactId)
    .executeTakeFirst()
  return row && { tenantId, contactId, kind: row.kind, jids: jidsOf(row) }
}

/** The jids of a contact's addresses. Pure. */
export function jidsOf({
  phone,
  lid,
  jid,
}: {
  phone: string | null
  lid: string | null
  jid: string | null
}) {
  const byPhone = phone === null ? undefined : parseRecipient(phone)
  const others = [lid, jid].flatMap((text) => (text === null ? [] : (parseJid(text) ?? [])))
  return [...(byPhone ? [byPhone] : []), ...others].map(formatJid)
}
