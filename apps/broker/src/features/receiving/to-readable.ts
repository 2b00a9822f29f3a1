import type { WAMessageUpdate } from '@whiskeysockets/baileys'
import type { JournalEntry } from './journal.ts'
import { toEvent } from './to-event.ts'

/**
 * The content of a message that could not be read when it came, as an update brings it later. One that was told
 * already has its id in the journal. `undefined` for edits, which come as messages too, and for updates without
 * content. Pure.
 */
export function toReadable(
  { key, update }: WAMessageUpdate,
  context: { instanceId: string; receivedAt: Date },
): JournalEntry | undefined {
  if (!update.message || update.message.editedMessage) return undefined
  const told = toEvent({ ...update, key }, { ...context, upsertType: 'notify' })
  return told.kind === 'event' ? told : undefined
}
