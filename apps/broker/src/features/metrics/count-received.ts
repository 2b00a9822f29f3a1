import { CONTENT_TYPES } from '@carteiro/contracts/content-type'
import {
  getContentType,
  normalizeMessageContent,
  proto,
  type WAMessage,
  type WASocket,
} from '@whiskeysockets/baileys'
import type { Report } from '../../report.ts'

/** Counts what others write to an instance, and what could not be opened. */
export function countReceived(
  report: Pick<Report, 'received' | 'decryptFailed'>,
  instanceId: string,
  { ev }: Pick<WASocket, 'ev'>,
): void {
  ev.on('messages.upsert', ({ messages }) => {
    for (const { key, message, messageStubType } of messages) {
      if (messageStubType === proto.WebMessageInfo.StubType.CIPHERTEXT) report.decryptFailed(instanceId)
      else if (!key.fromMe && message) report.received(instanceId, typeOf(message))
    }
  })
}

const TYPES: Record<string, string> = CONTENT_TYPES

function typeOf(message: NonNullable<WAMessage['message']>): string {
  const name = getContentType(normalizeMessageContent(message))
  return (name && TYPES[name]) ?? 'other'
}
