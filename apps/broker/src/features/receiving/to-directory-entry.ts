import type { BrokerWebhookEvent } from '@carteiro/contracts/broker-event'
import { parseJid } from '@carteiro/contracts/jid'
import type { BaileysEventMap, Contact, GroupMetadata, LIDMapping } from '@whiskeysockets/baileys'
import { DIRECTORY } from './directory.ts'
import type { JournalEntry } from './journal.ts'
import { toAddress } from './to-address.ts'
import { toJson } from './to-json.ts'

export interface DirectoryContext {
  instanceId: string
  /** The event's own: the same thing may be told again later. */
  eventId: string
  receivedAt: Date
}

/** As many as a group has at most. */
const MAX_MEMBERS = 1_024

/** Names of a person: given in the phone's address book, or by themselves. `undefined` where there is none. Pure. */
export function toContactEntry(
  contact: Partial<Contact>,
  context: DirectoryContext,
): JournalEntry | undefined {
  const { id, lid, phoneNumber, name, notify, verifiedName } = contact
  const pushName = notify || verifiedName
  const address = toAddress(id, lid, phoneNumber)
  if ((!name && !pushName) || (address.phone === null && address.lid === null)) return undefined
  const names = toJson({ name: name || undefined, pushName: pushName || undefined })
  return toEntry(context, { type: 'CONTACT_UPDATED', payload: { ...address, ...(names as object) } })
}

/** A LID and a phone that are one person. `undefined` where either is none. Pure. */
export function toMappingEntry({ lid, pn }: LIDMapping, context: DirectoryContext): JournalEntry | undefined {
  const { phone, lid: known } = toAddress(lid, pn)
  if (phone === null || known === null) return undefined
  return toEntry(context, { type: 'LID_MAPPING', payload: { lid: known, phone } })
}

/** A group that is new, or what is new of one. Its members are counted: who is in it is asked for by REST. Pure. */
export function toGroupEntry(
  group: Partial<GroupMetadata>,
  change: 'created' | 'changed',
  context: DirectoryContext,
): JournalEntry | undefined {
  // Whoever has the code may join.
  const { id: jid, participants, author, authorPn, inviteCode: _, ...facts } = group
  if (!jid || parseJid(jid)?.kind !== 'group') return undefined
  const by = author ? toAddress(author, authorPn) : undefined
  const size = facts.size ?? participants?.length
  const payload = { ...(toJson({ ...facts, size, by }) as object), jid, change }
  return toEntry(context, { type: 'GROUP_UPDATED', payload })
}

/** Members who came or went, or are admins from now on, or no longer. Pure. */
export function toMembersEntry(
  { id: jid, action, author, authorPn, participants }: BaileysEventMap['group-participants.update'],
  context: DirectoryContext,
): JournalEntry | undefined {
  if (parseJid(jid)?.kind !== 'group') return undefined
  const members = participants.slice(0, MAX_MEMBERS).map(({ id, lid, phoneNumber, admin }) => ({
    ...toAddress(id, lid, phoneNumber),
    ...(admin ? { admin } : {}),
  }))
  const by = author ? toAddress(author, authorPn) : null
  return toEntry(context, { type: 'GROUP_UPDATED', payload: { jid, change: action, by, members } })
}

type Told = Extract<BrokerWebhookEvent, { type: 'CONTACT_UPDATED' | 'LID_MAPPING' | 'GROUP_UPDATED' }>
type Body = Told extends infer Event ? (Event extends Told ? Pick<Event, 'type' | 'payload'> : never) : never

const toEntry = ({ instanceId, eventId, receivedAt }: DirectoryContext, body: Body): JournalEntry => ({
  chatKey: DIRECTORY,
  event: { id: eventId, instanceId, timestamp: receivedAt.toISOString(), ...body },
})
