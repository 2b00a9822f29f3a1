import {
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  jidNormalizedUser,
  unixTimestampSeconds,
} from '@whiskeysockets/baileys'

export type ReceiptKind = 'delivered' | 'read' | 'played'

/** Tells the server that a stanza was taken: it does not come again. */
export function ackOf({ tag, attrs }: BinaryNode): BinaryNode {
  const { id = '', from = '', participant, recipient, type } = attrs
  return {
    tag: 'ack',
    attrs: {
      id,
      to: from,
      class: tag,
      ...(participant && { participant }),
      ...(recipient && { recipient }),
      ...(type && { type }),
    },
  }
}

/** What became of messages of one author in one chat. */
export function receiptOf(
  kind: ReceiptKind,
  { chatJid, authorJid, ids }: { chatJid: string; authorJid: string; ids: [string, ...string[]] },
): BinaryNode {
  const [id, ...more] = ids
  return {
    tag: 'receipt',
    attrs: {
      id,
      to: chatJid,
      ...(chatJid !== authorJid && { participant: authorJid }),
      ...(kind !== 'delivered' && { type: kind, t: String(unixTimestampSeconds()) }),
    },
    ...(more.length > 0 && { content: [{ tag: 'list', attrs: {}, content: more.map(itemOf) }] }),
  }
}

/** Tells an own companion that its message is at the phone, too. */
export function senderReceiptOf({ attrs }: BinaryNode): BinaryNode {
  const { id = '', from = '', participant, recipient } = attrs
  return {
    tag: 'receipt',
    attrs: recipient
      ? { id, to: from, recipient: jidNormalizedUser(recipient), type: 'sender' }
      : { id, to: from, ...(participant && { participant }), type: 'sender' },
  }
}

/** Tells an own companion that the phone has what was for it alone. */
export function peerReceiptOf({ attrs }: BinaryNode): BinaryNode {
  const { id = '', from = '' } = attrs
  return { tag: 'receipt', attrs: { id, to: from, type: 'peer_msg' } }
}

const itemOf = (id: string): BinaryNode => ({ tag: 'item', attrs: { id } })

export interface ReadReceipt {
  kind: ReceiptKind | 'retry' | 'other'
  ids: string[]
}

/** Reads a receipt: a list names the messages beyond the first. */
export function readReceipt(node: BinaryNode): ReadReceipt {
  const { id, type } = node.attrs
  const items = getBinaryNodeChildren(getBinaryNodeChild(node, 'list'), 'item')
  const ids = [id, ...items.map(({ attrs }) => attrs.id)].filter((named) => named !== undefined)
  return { kind: kindOf(type), ids }
}

function kindOf(type: string | undefined): ReadReceipt['kind'] {
  switch (type) {
    case undefined:
    case '':
    case 'delivery':
    case 'inactive':
      return 'delivered'
    case 'read':
    case 'read-self':
      return 'read'
    case 'played':
    case 'played-self':
      return 'played'
    case 'retry':
      return 'retry'
    default:
      return 'other'
  }
}
