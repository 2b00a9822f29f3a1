import { type BinaryNode, getAllBinaryNodeChildren, proto, unpadRandomMax16 } from '@whiskeysockets/baileys'
import type { SignalSessions } from './signal-sessions.ts'
import { isGroup } from './stanza-type.ts'

/**
 * Opens what is sealed in a message's stanza, and learns the sender keys that it carries.
 *
 * @returns the message; undefined when a part of it could not be opened
 */
export async function openMessage(
  node: BinaryNode,
  sessions: SignalSessions,
): Promise<proto.IMessage | undefined> {
  const { from = '', participant = from } = node.attrs
  const parts = sealedParts(node)
  const opened: proto.IMessage = {}
  try {
    for (const { type, ciphertext } of parts) {
      const padded =
        type === 'skmsg'
          ? await sessions.decryptGroup(from, participant, ciphertext)
          : await sessions.decrypt(participant, { type, ciphertext })
      const part = proto.Message.decode(unpadRandomMax16(padded))
      const message = part.deviceSentMessage?.message ?? part
      const { senderKeyDistributionMessage: senderKey } = message
      if (senderKey?.groupId && isGroup(senderKey.groupId))
        await sessions.learnSenderKey(participant, senderKey)
      Object.assign(opened, message)
    }
  } catch {
    return undefined
  }
  return parts.length > 0 ? opened : undefined
}

type SealedPart = { type: 'pkmsg' | 'msg' | 'skmsg'; ciphertext: Uint8Array }

/** What tells the sender key stands before what is sealed with it. */
function sealedParts(node: BinaryNode): SealedPart[] {
  const parts = getAllBinaryNodeChildren(node).flatMap(({ tag, attrs, content }): SealedPart[] => {
    const { type } = attrs
    if (tag !== 'enc' || !(content instanceof Uint8Array)) return []
    return type === 'pkmsg' || type === 'msg' || type === 'skmsg' ? [{ type, ciphertext: content }] : []
  })
  return [...parts.filter(({ type }) => type !== 'skmsg'), ...parts.filter(({ type }) => type === 'skmsg')]
}
