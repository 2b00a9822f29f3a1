import type { WAMessageKey } from '@whiskeysockets/baileys'
import { toAddress } from './to-address.ts'

const MAX_KNOWN = 20_000

/**
 * The phones behind LIDs, as messages have told them. A receipt names a chat by its LID alone: with the phone beside
 * it, it takes its place among the chat's messages.
 */
export class KnownPhones {
  readonly #phones = new Map<string, string>()

  learn({ remoteJid, remoteJidAlt }: WAMessageKey): void {
    const { phone, lid } = toAddress(remoteJid, remoteJidAlt)
    if (phone === null || lid === null) return
    this.#phones.delete(lid)
    this.#phones.set(lid, `${phone.slice(1)}@s.whatsapp.net`)
    const [oldest] = this.#phones.keys()
    if (this.#phones.size > MAX_KNOWN && oldest !== undefined) this.#phones.delete(oldest)
  }

  /** The key with the phone of its chat, where that is known. */
  complete(key: WAMessageKey): WAMessageKey {
    const { lid } = toAddress(key.remoteJid)
    const phone = lid === null || key.remoteJidAlt ? undefined : this.#phones.get(lid)
    return phone === undefined ? key : { ...key, remoteJidAlt: phone }
  }
}
