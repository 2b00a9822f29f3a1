const ESCAPED: Record<string, string> = { '\\': '\\\\', '\n': '\\n', ',': '\\,', ';': '\\;' }

/** A vCard as phones send it. @param phones digits */
export function writeContactCard(name: string, phones: string[]): string {
  const shown = name.replace(/\r\n?/g, '\n').replace(/[\\\n,;]/g, (mark) => ESCAPED[mark] ?? mark)
  return [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:;${shown};;;`,
    `FN:${shown}`,
    ...phones.map((phone) => `TEL;type=CELL;type=VOICE;waid=${phone}:+${phone}`),
    'END:VCARD',
  ].join('\n')
}

/** @returns the phones of a vCard, digits */
export function readContactPhones(card: string): string[] {
  return [...card.matchAll(/^(?:item\d+\.)?TEL\b[^:]*:(.*)$/gim)]
    .map(([, phone]) => phone?.replace(/\D/g, '') ?? '')
    .filter((phone) => phone !== '')
}
