import {
  type AuthenticationCreds,
  areJidsSameUser,
  type BinaryNode,
  type SignalDataSet,
} from '@whiskeysockets/baileys'
import { decodePlaintext } from './to-message.ts'

/**
 * The keys of the address book, where our own phone shares them. It does so once, and Baileys writes them after the
 * receipt: so they are committed with the message.
 *
 * @returns what is to be set; nothing for all other messages
 */
export function sharedKeys(
  { attrs }: BinaryNode,
  { me }: Pick<AuthenticationCreds, 'me'>,
  plaintext: Uint8Array,
): SignalDataSet {
  const isOwn = [me?.id, me?.lid].some((own) => own !== undefined && areJidsSameUser(attrs.from, own))
  if (attrs.category !== 'peer' || !isOwn) return {}
  const shared = decodePlaintext(plaintext).protocolMessage?.appStateSyncKeyShare?.keys ?? []
  const keys = shared.flatMap(({ keyId, keyData }) =>
    keyId?.keyId && keyData ? [[Buffer.from(keyId.keyId).toString('base64'), keyData] as const] : [],
  )
  return keys.length === 0 ? {} : { 'app-state-sync-key': Object.fromEntries(keys) }
}
