import { formatJid, type Jid } from '@carteiro/contracts/jid'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'

/** How a person writes to us: by phone, by LID, or both; a group by its jid. */
export interface ContactAddress {
  kind: 'person' | 'group'
  phone: string | null
  lid: string | null
  jid: string | null
}

/** E.164 of 8-15 digits. libphonenumber formats it where it knows the country; validity is the digits' alone. */
export function toE164(digits: string): string {
  return parsePhoneNumberFromString(`+${digits}`)?.number ?? `+${digits}`
}

/** The contact that a recipient's address names. */
export function addressOf(jid: Jid): ContactAddress {
  const none = { phone: null, lid: null, jid: null }
  switch (jid.kind) {
    case 'phone':
      return { ...none, kind: 'person', phone: toE164(jid.digits) }
    case 'lid':
      return { ...none, kind: 'person', lid: jid.lid }
    case 'group':
      return { ...none, kind: 'group', jid: jid.id }
    default:
      return jid satisfies never
  }
}

/** How a recipient is written where one text names it: E.164, else its jid. */
export const recipientOf = (jid: Jid): string => addressOf(jid).phone ?? formatJid(jid)
