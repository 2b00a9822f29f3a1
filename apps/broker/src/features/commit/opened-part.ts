import { createHash } from 'node:crypto'
import {
  type AuthenticationCreds,
  type BinaryNode,
  cleanMessage,
  decodeMessageNode,
} from '@whiskeysockets/baileys'
import { messageHash } from '../../message-hash.ts'

/** One ciphertext of a message that was opened, and the stanza that brought it. */
export interface OpenedPart {
  ciphertextHash: Buffer
  messageHash: Buffer
  /** In the place of each ciphertext is its hash. */
  stanza: BinaryNode
  /** The account's own jids: the stanza is read from its side. */
  me: Me
  /** As Signal gives it, with its padding. */
  plaintext: Buffer
}

interface Me {
  id: string
  lid: string
}

export const ciphertextHash = (ciphertext: Uint8Array): Buffer =>
  createHash('sha256').update(ciphertext).digest()

export const nodesOf = ({ content }: BinaryNode): BinaryNode[] => (Array.isArray(content) ? content : [])

const ciphertextOf = ({ tag, content }: BinaryNode): Uint8Array | undefined =>
  tag === 'enc' && content instanceof Uint8Array ? content : undefined

/** What of a message's stanza Signal opens: two for who gets a group's key together with a message. */
export const ciphertextsOf = (stanza: BinaryNode): Uint8Array[] =>
  nodesOf(stanza).flatMap((node) => ciphertextOf(node) ?? [])

/** @param account our own, by whose jids the stanza is read */
export function toOpenedPart(
  stanza: BinaryNode,
  ciphertext: Uint8Array,
  account: Pick<AuthenticationCreds, 'me'>,
  plaintext: Uint8Array,
): OpenedPart {
  const me = { id: account.me?.id ?? '', lid: account.me?.lid ?? '' }
  const { fullMessage } = decodeMessageNode(stanza, me.id, me.lid)
  cleanMessage(fullMessage, me.id, me.lid)
  return {
    ciphertextHash: ciphertextHash(ciphertext),
    messageHash: messageHash(fullMessage.key),
    stanza: withoutCiphertexts(stanza),
    me,
    plaintext: Buffer.from(plaintext),
  }
}

const withoutCiphertexts = (stanza: BinaryNode): BinaryNode => ({
  ...stanza,
  content: nodesOf(stanza).map((node) => {
    const ciphertext = ciphertextOf(node)
    return ciphertext ? { ...node, content: ciphertextHash(ciphertext) } : node
  }),
})
