/** A contact as a vCard needs it. */
export interface Card {
  fullName: string
  phones: string[]
  organization?: string | undefined
  emails?: string[] | undefined
}

/**
 * A contact card as WhatsApp reads it: vCard 3.0 (RFC 2426), each phone with its `waid`, by which the card offers to
 * write to it. Lines are not folded: WhatsApp's own are not, and some phones do not unfold them. Pure.
 */
export function toVcard({ fullName, phones, organization, emails = [] }: Card): string {
  const name = escapeValue(fullName)
  return [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:;${name};;;`,
    `FN:${name}`,
    ...(organization ? [`ORG:${escapeValue(organization)}`] : []),
    ...phones.map(toPhone),
    ...emails.map((email) => `EMAIL;type=INTERNET:${escapeValue(email)}`),
    'END:VCARD',
  ].join('\n')
}

function toPhone(phone: string): string {
  const digits = phone.replace(/\D/g, '')
  return `TEL;type=CELL;waid=${digits}:${escapeValue(phone)}`
}

/** RFC 2426, section 4: backslash, semicolon and comma are escaped, and a line break is written `\n`. */
const escapeValue = (text: string): string =>
  text
    .replace(/[\\;,]/g, String.raw`\$&`)
    .replace(/\r\n|[\r\n\u2028\u2029]/g, String.raw`\n`)
    .replace(/\p{Cc}/gu, '')
