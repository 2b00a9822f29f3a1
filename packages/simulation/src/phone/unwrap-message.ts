import type { proto } from '@whiskeysockets/baileys'

export interface UnwrappedMessage {
  inner: proto.IMessage
  viewOnce: boolean
  ephemeral: boolean
}

/** Wrappers may be put in each other; past this depth it is no message of WhatsApp. */
const DEPTH_LIMIT = 6

/** Takes a message out of the wrappers that say how it is to be shown. */
export function unwrapMessage(message: proto.IMessage): UnwrappedMessage {
  const unwrapped: UnwrappedMessage = { inner: message, viewOnce: false, ephemeral: false }
  for (let depth = 0; depth < DEPTH_LIMIT; depth += 1) {
    const { inner } = unwrapped
    const once = inner.viewOnceMessage ?? inner.viewOnceMessageV2 ?? inner.viewOnceMessageV2Extension
    const next =
      once ??
      inner.ephemeralMessage ??
      inner.documentWithCaptionMessage ??
      inner.editedMessage ??
      inner.groupMentionedMessage ??
      inner.lottieStickerMessage ??
      inner.associatedChildMessage ??
      inner.deviceSentMessage
    if (!next?.message) break
    if (once) unwrapped.viewOnce = true
    if (inner.ephemeralMessage) unwrapped.ephemeral = true
    unwrapped.inner = next.message
  }
  return unwrapped
}
