import { proto, unixTimestampSeconds } from '@whiskeysockets/baileys'
import type { LoggedMessage } from './message-log.ts'
import { unwrapMessage } from './unwrap-message.ts'

/** A message that is there to be read. */
export type ShownEntry = LoggedMessage & Required<Pick<LoggedMessage, 'shown'>>

export const isShown = (entry: LoggedMessage): entry is ShownEntry => entry.shown !== undefined

const { Status, StubType } = proto.WebMessageInfo

/** A message as the phone tells its companions of it: edited or revoked as the phone shows it. */
export function messageInfoOf(key: proto.IMessageKey, { message, shown }: ShownEntry): proto.IWebMessageInfo {
  const { at, pushName, content, edited, revoked } = shown
  return {
    key,
    messageTimestamp: unixTimestampSeconds(at),
    pushName,
    ...(message && { message: edited ? withText(message, content.text ?? '') : withoutSenderKey(message) }),
    ...(revoked && { messageStubType: StubType.REVOKE }),
    ...(key.fromMe && { status: statusOf(shown) }),
  }
}

/** The key of a group's sender is for devices that open what comes, not for what was opened. */
function withoutSenderKey(message: proto.IMessage): proto.IMessage {
  const { senderKeyDistributionMessage: _, ...rest } = message
  return rest
}

function withText(message: proto.IMessage, text: string): proto.IMessage {
  const copy = proto.Message.decode(proto.Message.encode(withoutSenderKey(message)).finish())
  const { inner } = unwrapMessage(copy)
  if (inner.extendedTextMessage) inner.extendedTextMessage.text = text
  else if (inner.conversation) inner.conversation = text
  for (const file of [inner.imageMessage, inner.videoMessage, inner.documentMessage]) {
    if (file) file.caption = text
  }
  return copy
}

function statusOf({ ack, receipts }: ShownEntry['shown']): proto.WebMessageInfo.Status {
  const became = new Set(receipts.map(({ kind }) => kind))
  if (became.has('played')) return Status.PLAYED
  if (became.has('read')) return Status.READ
  if (became.has('delivered')) return Status.DELIVERY_ACK
  return typeof ack === 'object' ? Status.ERROR : Status.SERVER_ACK
}
