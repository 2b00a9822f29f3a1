import { newId } from '@carteiro/database/new-id'
import type { ContactAddress } from './phone.ts'
import type { KnownOfContact } from './upsert.ts'

/** A contact as it is stored, as far as messages tell of it. */
export interface StoredContact {
  tenant_id: string
  id: string
  phone: string | null
  lid: string | null
  jid: string | null
  name: string | null
  named: boolean
  push_name: string | null
  document: string | null
  registrations: string[]
  avatar_url: string | null
}

/** What a message tells of its chat's contact. */
export interface Told {
  tenantId: string
  contact: KnownOfContact
}

/** A contact that messages tell of, with all that they tell. */
export interface Gathered {
  tenantId: string
  id: string
  /** Absent for one that is to be made. */
  stored: StoredContact | undefined
  known: KnownOfContact
}

/**
 * Whose the messages are, each after what the ones before it told: from the first on, up to the first one that names
 * two contacts at once. Pure.
 *
 * @param stored all contacts that have an address of a message
 */
export function gather(stored: StoredContact[], told: Told[]): Gathered[] {
  const byAddress = new Map<string, Gathered>()
  const learn = (contact: Gathered, address: ContactAddress) => {
    for (const key of keysOf(contact.tenantId, address)) byAddress.set(key, contact)
  }
  for (const row of stored) {
    const { phone, lid, jid } = row
    const known = { kind: jid === null ? ('person' as const) : ('group' as const), phone, lid, jid }
    const contact = { tenantId: row.tenant_id, id: row.id, stored: row, known }
    learn(contact, known)
  }
  const gathered: Gathered[] = []
  for (const { tenantId, contact: known } of told) {
    const found = new Set(keysOf(tenantId, known).flatMap((key) => byAddress.get(key) ?? []))
    if (found.size > 1) break
    const [one] = found
    const contact = one ?? { tenantId, id: newId(), stored: undefined, known }
    contact.known = tellAll(contact.known, known)
    learn(contact, contact.known)
    gathered.push(contact)
  }
  return gathered
}

/** Whether something was told that is not stored yet. */
export function tellsNew({ stored, known }: Gathered): boolean {
  if (!stored) return true
  const { name = null, pushName = null, document = null, registrations, avatarUrl = null } = known
  return (
    (stored.phone === null && known.phone !== null) ||
    (stored.lid === null && known.lid !== null) ||
    (name !== null && (name !== stored.name || !stored.named)) ||
    (pushName !== null &&
      (pushName !== stored.push_name || (!stored.named && name === null && pushName !== stored.name))) ||
    (document !== null && document !== stored.document) ||
    (registrations?.length ? registrations.join('\0') !== stored.registrations.join('\0') : false) ||
    (avatarUrl !== null && avatarUrl !== stored.avatar_url)
  )
}

const keysOf = (tenantId: string, { phone, lid, jid }: ContactAddress): string[] =>
  [phone, lid, jid].flatMap((address) => (address === null ? [] : [`${tenantId}\0${address}`]))

/** An address is kept, as it is what others find the contact by; of all else the last one told counts. */
const tellAll = (before: KnownOfContact, later: KnownOfContact): KnownOfContact => ({
  kind: before.kind,
  phone: before.phone ?? later.phone,
  lid: before.lid ?? later.lid,
  jid: before.jid,
  name: later.name ?? before.name ?? null,
  pushName: later.pushName ?? before.pushName ?? null,
  document: later.document ?? before.document ?? null,
  registrations: later.registrations?.length ? later.registrations : (before.registrations ?? null),
  avatarUrl: later.avatarUrl ?? before.avatarUrl ?? null,
})
