import type { BrokerContact } from '@carteiro/contracts/broker-event'
import { parseRecipient } from '@carteiro/contracts/jid'
import { cut } from '@carteiro/contracts/storable-text'
import { type JsonObject, objectOf, textOf } from '../../json/json-value.ts'

export interface ReadContact {
  contact: BrokerContact
  /** Every member that is none of ours, for `metadata.contact`. */
  others: JsonObject
}

const OURS = new Set(['phone', 'name', 'document', 'registrations', 'avatarUrl', 'pushName', 'lid', 'jid'])
const MAX_REGISTRATIONS = 100

/** Reads a broker's contact, member by member: a bad one is null, and the others stay. Pure. */
export function readContact(given: unknown): ReadContact {
  const contact = objectOf(given)
  const pushName = text(contact.pushName) ?? text(contact.displayName)
  return {
    contact: {
      phone: readPhone(contact.phone),
      // Who has no name goes by the push name; here it would stand as one that somebody gave.
      name: text(contact.name),
      document: text(contact.document),
      registrations: readRegistrations(contact.registrations),
      avatarUrl: text(contact.avatarUrl, 4_096),
      pushName,
    },
    others: Object.fromEntries(Object.entries(contact).filter(([name]) => !OURS.has(name))),
  }
}

/** As E.164; a LID is never a phone. */
function readPhone(given: unknown): string | null {
  const written = textOf(given)
  const jid = written === undefined || written.length > 100 ? undefined : parseRecipient(written)
  return jid?.kind === 'phone' ? `+${jid.digits}` : null
}

function readRegistrations(given: unknown): string[] | null {
  if (!Array.isArray(given)) return null
  return given.slice(0, MAX_REGISTRATIONS).flatMap((each) => text(each, 256) ?? [])
}

function text(value: unknown, maxCharacters = 1_000): string | null {
  const found = textOf(value)?.trim()
  return found ? cut(found, maxCharacters) : null
}
