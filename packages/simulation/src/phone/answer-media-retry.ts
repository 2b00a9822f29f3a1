import type { BinaryNode } from '@whiskeysockets/baileys'
import {
  isSealedWith,
  type MediaRetry,
  type MediaRetryOutcome,
  mediaRetryAnswer,
  readMediaRetry,
} from '../media/media-retry.ts'
import { fileOf } from './file-of.ts'
import type { PhoneParts } from './phone-parts.ts'
import { isGroup } from './stanza-type.ts'

/** Uploads a message's file again for an own companion that did not find it, and says where it is. */
export function answerMediaRetry(parts: PhoneParts, receipt: BinaryNode): void {
  const { own, port, send } = parts
  const retry = readMediaRetry(receipt)
  if (!retry || port.personOf(retry.from)?.phone !== own.phone) return
  send(mediaRetryAnswer(retry, uploadAgain(parts, retry)))
}

function uploadAgain({ own, port, log }: PhoneParts, retry: MediaRetry): MediaRetryOutcome {
  const chat = isGroup(retry.chat) ? retry.chat : port.personOf(retry.chat)?.phone
  const author = retry.fromMe ? own.phone : port.personOf(retry.participant ?? retry.chat)?.phone
  const entry = chat && author ? log.find(chat, retry.id, author) : undefined
  const { mediaKey } = (entry?.message && fileOf(entry.message)) ?? {}
  const kind = entry?.shown?.content.file?.kind
  if (!mediaKey || !kind) return { kind: 'not_found' }
  if (!isSealedWith(retry, mediaKey)) return { kind: 'undecryptable' }
  const placed = port.media?.uploadAgain(mediaKey, kind)
  return placed ? { kind: 'uploaded', mediaKey, directPath: placed.directPath } : { kind: 'not_found' }
}
