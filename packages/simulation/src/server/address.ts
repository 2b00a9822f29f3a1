/** How a jid names a person: by phone number, or by the number that hides it. */
export type Addressing = 'pn' | 'lid'

/** A device of a person, whichever way the jid named it. */
export interface Address {
  /** Digits. */
  phone: string
  /** 0 is the phone itself. */
  device: number
  addressing: Addressing
}

const USER = /^(\d{9,16}|\d{8})(?:_\d+)?(?::(\d{1,3}))?@(s\.whatsapp\.net|c\.us|lid)$/
const PHONE = /^\d{8,15}$/
const LID_PREFIX = '1'

/** The LID, digits, that stands for a phone: never the same digits, and always the same for the same phone. */
export function lidOf(phone: string): string {
  return LID_PREFIX + complement(phone)
}

/** @returns undefined when no phone has this LID */
export function phoneOfLid(lid: string): string | undefined {
  const phone = complement(lid.slice(LID_PREFIX.length))
  return lid.startsWith(LID_PREFIX) && PHONE.test(phone) ? phone : undefined
}

/** Reads the jid of a user or a device; undefined for whatever else. */
export function parseAddress(jid: string | undefined): Address | undefined {
  const [, digits, device, server] = USER.exec(jid ?? '') ?? []
  if (digits === undefined || server === undefined) return undefined
  const phone = server === 'lid' ? phoneOfLid(digits) : digits
  if (phone === undefined || !PHONE.test(phone)) return undefined
  return { phone, device: Number(device ?? 0), addressing: server === 'lid' ? 'lid' : 'pn' }
}

/** The jid of a device; of the user, when `device` is left out or 0. */
export function formatAddress(phone: string, addressing: Addressing, device = 0): string {
  const suffix = device === 0 ? '' : `:${device}`
  return addressing === 'lid' ? `${lidOf(phone)}${suffix}@lid` : `${phone}${suffix}@s.whatsapp.net`
}

export function isGroupJid(jid: string | undefined): jid is string {
  return jid?.endsWith('@g.us') ?? false
}

function complement(digits: string): string {
  return digits.replace(/\d/g, (digit) => String(9 - Number(digit)))
}
