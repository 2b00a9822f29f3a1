import { type BinaryNode, jidDecode } from '@whiskeysockets/baileys'
import { answerMediaRetry } from './answer-media-retry.ts'
import type { PhoneParts } from './phone-parts.ts'
import { ackOf, type ReceiptKind, readReceipt } from './receipt-stanza.ts'
import { readRetryKeys, retryCountOf } from './retry-receipt.ts'
import type { OutgoingMessage } from './seal-message.ts'
import { isGroup } from './stanza-type.ts'

/** How often one device is given the same message again. */
const RESENDS_LIMIT = 5

/** Takes a receipt: what became of what this phone wrote, or a device that asks for it again. */
export async function receiveReceipt(parts: PhoneParts, node: BinaryNode): Promise<void> {
  const { kind, ids } = readReceipt(node)
  parts.send(ackOf(node))
  answerMediaRetry(parts, node)
  if (kind === 'retry') {
    for (const id of ids) await writeAgain(parts, node, id)
  } else if (kind !== 'other') {
    note(parts, node, kind, ids)
  }
}

async function writeAgain(parts: PhoneParts, node: BinaryNode, id: string): Promise<void> {
  const { written, sealer, send } = parts
  const { from = '', participant = from } = node.attrs
  const outgoing = written.get(id)
  const given = outgoing?.resent.get(participant) ?? 0
  if (!outgoing || given >= RESENDS_LIMIT || !(await isFor(parts, outgoing, participant))) return
  outgoing.resent.set(participant, given + 1)
  const again = await sealer.sealAgain(outgoing, participant, retryCountOf(node), readRetryKeys(node))
  if (again) send(again)
}

/** Whether the message is for this device: who left a group, or never was in the chat, is given nothing of it. */
async function isFor(
  { own, port }: PhoneParts,
  { chatJid }: OutgoingMessage,
  device: string,
): Promise<boolean> {
  const phone = port.personOf(device)?.phone
  if (phone === undefined) return false
  const readers = isGroup(chatJid) ? await port.membersOf(chatJid) : [chatJid, `${own.phone}@s.whatsapp.net`]
  return readers.some((jid) => port.personOf(jid)?.phone === phone)
}

function note(parts: PhoneParts, { attrs }: BinaryNode, kind: ReceiptKind, ids: string[]): void {
  const { own, port, log } = parts
  const { from = '', participant = from, recipient } = attrs
  const reader = port.personOf(participant)
  if (!reader) return
  // An own companion has read or played what another wrote: the phone shows it so, too.
  if (reader.phone === own.phone) {
    const chat = isGroup(from) ? from : recipient && port.personOf(recipient)?.phone
    for (const id of chat && kind !== 'delivered' ? ids : []) {
      const shown = log.list({ chat, id }).find((entry) => entry.from !== own.phone)?.shown
      if (shown) shown.read = true
      if (shown && kind === 'played') shown.played = true
    }
    return
  }
  const receipt = {
    from: reader.phone,
    device: jidDecode(participant)?.device ?? 0,
    kind,
    at: new Date(attrs.t ? Number(attrs.t) * 1_000 : Date.now()),
  }
  const chat = isGroup(from) ? from : reader.phone
  for (const id of ids) {
    const receipts = log.find(chat, id, own.phone)?.shown?.receipts
    const known = receipts?.some(
      (one) => one.from === receipt.from && one.device === receipt.device && one.kind === kind,
    )
    if (receipts && !known) receipts.push(receipt)
  }
}

/** The server's answer to what this phone wrote. */
export function receiveAck({ own, port, log }: PhoneParts, { attrs }: BinaryNode): void {
  const { id, from = '', error } = attrs
  if (attrs.class !== 'message' || !id) return
  const chat = isGroup(from) ? from : port.personOf(from)?.phone
  const shown = chat && log.find(chat, id, own.phone)?.shown
  if (shown) shown.ack = error ? { refused: Number(error) } : 'taken'
}

/** What a device wrote, kept for those who ask for it again. */
export function keepWritten({ written }: Pick<PhoneParts, 'written'>, outgoing: OutgoingMessage): void {
  written.delete(outgoing.id)
  written.set(outgoing.id, { ...outgoing, resent: new Map() })
  const [oldest] = written.keys()
  if (written.size > WRITTEN_LIMIT && oldest !== undefined) written.delete(oldest)
}

const WRITTEN_LIMIT = 1_000
