import type { ContactEnvelope } from '@carteiro/contracts/envelope'
import { parseJid, parseRecipient } from '@carteiro/contracts/jid'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { toE164 } from './phone.ts'
import { namesOf } from './sender.ts'
import { learnContact, upsertContact } from './upsert.ts'

/**
 * Takes over what was told of a person: names, and the phone of a LID. A phone address book is no list of contacts:
 * who never wrote is made a contact only to remember that a LID and a phone are one.
 */
export async function saveTold(
  work: UnitOfWork,
  { tenantId, contact, phone, lid }: ContactEnvelope,
): Promise<{ status: 'saved' | 'ignored' }> {
  const recipient = parseRecipient(phone ?? contact.phone ?? '')
  const known = {
    kind: 'person' as const,
    phone: recipient?.kind === 'phone' ? toE164(recipient.digits) : null,
    lid: lidOf(lid),
    jid: null,
    ...namesOf(contact),
  }
  if (known.phone !== null && known.lid !== null) {
    await upsertContact(work, tenantId, known)
    return { status: 'saved' }
  }
  const id = await learnContact(work, tenantId, known)
  return { status: id === undefined ? 'ignored' : 'saved' }
}

/** Brokers tell a LID as its jid, or as its number alone. */
function lidOf(text: string | null): string | null {
  const jid = text ? parseJid(text.includes('@') ? text : `${text}@lid`) : undefined
  return jid?.kind === 'lid' ? jid.lid : null
}
