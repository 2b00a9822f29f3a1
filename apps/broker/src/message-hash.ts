import { createHash } from 'node:crypto'
import type { WAMessageKey } from '@whiskeysockets/baileys'

/** Names a message among all of its instance: 32 bytes, of the key that Baileys gives its readers. */
export function messageHash({ remoteJid, id, participant, fromMe }: WAMessageKey): Buffer {
  const name = JSON.stringify([remoteJid ?? '', id ?? '', participant ?? '', fromMe === true])
  return createHash('sha256').update(name).digest()
}
