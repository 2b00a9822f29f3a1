import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { fillIn } from './fill-in.ts'
import { insertContacts } from './insert-contacts.ts'
import { mergeContacts } from './merge.ts'
import type { ContactAddress } from './phone.ts'

export interface KnownOfContact extends ContactAddress {
  /** Given by a person or an address book: shown rather than any push name. */
  name?: string | null
  pushName?: string | null
  document?: string | null
  registrations?: string[] | null
  avatarUrl?: string | null
}

interface FoundContact {
  id: string
  phone: string | null
  lid: string | null
}

const MAX_TRIES = 3

/**
 * Finds the contact by phone, LID or group jid, or makes it; what is newly known is filled in. Two contacts that turn
 * out to be one person are joined. A contact is written only where something differs, so that a busy chat does not
 * rewrite it with every message.
 */
export async function upsertContact(
  work: UnitOfWork,
  tenantId: string,
  known: KnownOfContact,
): Promise<{ id: string }> {
  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    const id = (await learnContact(work, tenantId, known)) ?? (await makeContact(work, tenantId, known))
    // Neither there nor made: another transaction was first, or joined it to another one. Look again.
    if (id !== undefined) return { id }
  }
  throw new Error('a contact conflicts with one that cannot be found')
}

/**
 * Fills in what is newly known of a contact that is there already.
 *
 * @returns its id; `undefined` when there is none, and none is made
 */
export async function learnContact(
  work: UnitOfWork,
  tenantId: string,
  known: KnownOfContact,
): Promise<string | undefined> {
  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    const only = await lockOnly(work, tenantId, known)
    const found = only === undefined ? await findContacts(work, tenantId, known) : []
    if (only === undefined && found.length === 0) return undefined
    const [one, other] = found
    const id = only ?? (one && other && (await joinOrChoose(work, tenantId, known, [one, other])))
    // One of them went meanwhile: look again.
    if (id === undefined) continue
    await fillIn(work, [{ tenantId, id, known }])
    return id
  }
  return undefined
}

const isKnownAs = ({ phone, lid, jid }: ContactAddress) =>
  sql`(phone = ${phone} or lid = ${lid} or jid = ${jid})`

/**
 * The one contact of this address. The lock holds off a merge that would delete it before a ticket names it; where
 * there are two none is locked, as two that merge them would then wait for one another.
 */
async function lockOnly(
  { transaction }: UnitOfWork,
  tenantId: string,
  known: ContactAddress,
): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    with found as materialized (select id from contact where tenant_id = ${tenantId} and ${isKnownAs(known)})
    select id from contact
    where tenant_id = ${tenantId} and id in (select id from found) and (select count(*) from found) = 1
      and erased_at is null
    for key share`.execute(transaction)
  return rows[0]?.id
}

async function findContacts(
  { transaction }: UnitOfWork,
  tenantId: string,
  known: ContactAddress,
): Promise<FoundContact[]> {
  const { rows } = await sql<FoundContact>`
    select id, phone, lid from contact where tenant_id = ${tenantId} and ${isKnownAs(known)}
    order by id`.execute(transaction)
  return rows
}

/** One person, unless each has a phone or a LID of its own that speaks against it: then the phone decides. */
async function joinOrChoose(
  work: UnitOfWork,
  tenantId: string,
  known: ContactAddress,
  [one, other]: [FoundContact, FoundContact],
): Promise<string | undefined> {
  const [byPhone, byLid] = one.phone === known.phone ? [one, other] : [other, one]
  if (byPhone.lid === null && byLid.phone === null) return mergeContacts(work, tenantId, [one.id, other.id])
  return lockOnly(work, tenantId, { ...known, lid: null })
}

async function makeContact(
  work: UnitOfWork,
  tenantId: string,
  known: KnownOfContact,
): Promise<string | undefined> {
  const id = newId()
  return (await insertContacts(work, [{ tenantId, id, known }])) === 1 ? id : undefined
}
