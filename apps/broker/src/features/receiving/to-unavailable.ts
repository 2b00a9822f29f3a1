import {
  type AuthenticationCreds,
  type BinaryNode,
  decodeMessageNode,
  getBinaryNodeChild,
  proto,
  type WAMessage,
} from '@whiskeysockets/baileys'

/**
 * A message whose content WhatsApp gives to phones alone, as what is to be seen once: there is nothing to open, and
 * most of these Baileys confirms without a word. Pure.
 *
 * @returns the message as one that could not be opened; `undefined` for all others
 */
export function toUnavailable(stanza: BinaryNode, me: AuthenticationCreds['me']): WAMessage | undefined {
  const unavailable = getBinaryNodeChild(stanza, 'unavailable')
  if (!unavailable || !me || getBinaryNodeChild(stanza, 'enc')) return undefined
  try {
    const { fullMessage } = decodeMessageNode(stanza, me.id, me.lid ?? '')
    const reason = `unavailable: ${unavailable.attrs.type ?? 'no content'}`
    const { CIPHERTEXT } = proto.WebMessageInfo.StubType
    return { ...fullMessage, messageStubType: CIPHERTEXT, messageStubParameters: [reason] }
  } catch {
    // Not a message of a chat: Baileys refuses it with a line in the log.
    return undefined
  }
}
