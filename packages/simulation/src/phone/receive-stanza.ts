import { type BinaryNode, getAllBinaryNodeChildren } from '@whiskeysockets/baileys'
import type { PhoneParts } from './phone-parts.ts'
import { ackOf } from './receipt-stanza.ts'
import { receiveMessage } from './receive-message.ts'
import { receiveAck, receiveReceipt } from './receive-receipt.ts'

/** Does what a phone does with one stanza of the server. What it does not know it leaves alone. */
export async function receiveStanza(parts: PhoneParts, node: BinaryNode): Promise<void> {
  switch (node.tag) {
    case 'message':
      return receiveMessage(parts, node)
    case 'receipt':
      return receiveReceipt(parts, node)
    case 'ack':
      return receiveAck(parts, node)
    case 'notification':
      return parts.send(ackOf(node))
    case 'chatstate':
      return receiveTyping(parts, node)
    default:
      return undefined
  }
}

function receiveTyping({ port, typing }: PhoneParts, node: BinaryNode): void {
  const { from = '', participant = from } = node.attrs
  const phone = port.personOf(participant)?.phone
  const [state] = getAllBinaryNodeChildren(node)
  if (!phone) return
  if (state?.tag === 'composing') typing.add(phone)
  else typing.delete(phone)
}
