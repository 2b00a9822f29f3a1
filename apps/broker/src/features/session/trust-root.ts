import { WA_CERT_DETAILS } from '@whiskeysockets/baileys'

/**
 * Makes Baileys expect a simulator's certificates in place of WhatsApp's, in this whole process.
 *
 * @param publicKey of the root, 32 bytes
 */
export function trustRoot(publicKey: Buffer<ArrayBuffer>): void {
  WA_CERT_DETAILS.PUBLIC_KEY = publicKey
}
