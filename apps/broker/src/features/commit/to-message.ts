import {
  type BinaryNode,
  cleanMessage,
  decodeMessageNode,
  proto,
  unpadRandomMax16,
  type WAMessage,
} from '@whiskeysockets/baileys'
import { ciphertextsOf, nodesOf, type OpenedPart } from './opened-part.ts'

/**
 * The message that Baileys makes of a stanza, made again from the parts that were opened.
 *
 * @returns `undefined` while a part is missing: then WhatsApp had no receipt, and brings the message again
 */
export function toMessage(parts: OpenedPart[]): WAMessage | undefined {
  const last = parts.at(-1)
  if (!last) return undefined
  const { stanza, me } = last
  const plaintexts = new Map(parts.map((part) => [part.ciphertextHash.toString('hex'), part.plaintext]))
  const plaintextOf = (hash: Uint8Array) => plaintexts.get(Buffer.from(hash).toString('hex'))
  if (!ciphertextsOf(stanza).every(plaintextOf)) return undefined
  const { fullMessage } = decodeMessageNode(stanza, me.id, me.lid)
  for (const node of nodesOf(stanza)) {
    if (!(node.content instanceof Uint8Array)) continue
    const plaintext = node.tag === 'enc' ? plaintextOf(node.content) : undefined
    if (plaintext) fullMessage.message = Object.assign(fullMessage.message ?? {}, decodePlaintext(plaintext))
    if (node.tag === 'verified_name') fullMessage.verifiedBizName = verifiedName(node.content)
  }
  cleanMessage(fullMessage, me.id, me.lid)
  return fullMessage
}

/** A plaintext as Signal gives it. What our own phone wrote comes wrapped. */
export function decodePlaintext(plaintext: Uint8Array): proto.IMessage {
  const message = proto.Message.decode(unpadRandomMax16(plaintext))
  return message.deviceSentMessage?.message ?? message
}

function verifiedName(certificate: Uint8Array): string | null {
  const { details } = proto.VerifiedNameCertificate.decode(certificate)
  return details ? (proto.VerifiedNameCertificate.Details.decode(details).verifiedName ?? null) : null
}

/** How Baileys tells of it: `append` of what waited on the server. */
export const upsertTypeOf = (stanza: BinaryNode): 'append' | 'notify' =>
  stanza.attrs.offline ? 'append' : 'notify'
