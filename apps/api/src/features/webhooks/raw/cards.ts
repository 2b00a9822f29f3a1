import { cut } from '@carteiro/contracts/storable-text'
import { defined, isObject, type JsonObject, textOf } from '../../../json/json-value.ts'

const MAX_CARDS = 257
const MAX_VCARD_CHARACTERS = 16_384

/** Contact cards: the name, the vCard as it is, and the phones in it. */
export function readCards(type: string, part: JsonObject): JsonObject[] | undefined {
  if (type === 'contact') return [readCard(part)]
  if (type !== 'contacts') return undefined
  const cards = Array.isArray(part.contacts) ? part.contacts : []
  return cards.slice(0, MAX_CARDS).filter(isObject).map(readCard)
}

function readCard(card: JsonObject): JsonObject {
  const vcard = typeof card.vcard === 'string' ? cut(card.vcard, MAX_VCARD_CHARACTERS) : undefined
  return defined({ displayName: textOf(card.displayName), vcard, phones: readPhones(vcard ?? '') })
}

/** `TEL` lines; WhatsApp's `waid` is the number in digits. */
function readPhones(vcard: string): string[] {
  const phones = vcard.split(/\r?\n/).flatMap((line) => {
    const [, parameters = '', written = ''] = /^(?:item\d+\.)?TEL([^:]*):(.*)$/i.exec(line) ?? []
    const [, waid] = /waid=(\d{8,15})/i.exec(parameters) ?? []
    if (waid !== undefined) return [`+${waid}`]
    const number = written.replace(/[^\d+]/g, '')
    return /^\+?\d{8,15}$/.test(number) ? [number] : []
  })
  return [...new Set(phones)]
}
