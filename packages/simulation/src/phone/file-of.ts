import type { proto } from '@whiskeysockets/baileys'
import { unwrapMessage } from './unwrap-message.ts'

/** What every message that is a file tells of it. */
export type MessageFile = Pick<
  proto.Message.IImageMessage,
  'url' | 'directPath' | 'mediaKey' | 'fileSha256' | 'fileEncSha256'
>

/** The file of a message, whatever it is wrapped in. */
export function fileOf(message: proto.IMessage): MessageFile | undefined {
  const { inner } = unwrapMessage(message)
  return (
    inner.imageMessage ??
    inner.videoMessage ??
    inner.ptvMessage ??
    inner.audioMessage ??
    inner.documentMessage ??
    inner.stickerMessage ??
    undefined
  )
}
