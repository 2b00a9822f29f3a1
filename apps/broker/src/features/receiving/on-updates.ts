import type { MessageUserReceiptUpdate, WAMessageUpdate } from '@whiskeysockets/baileys'
import type { Journal, JournalEntry } from './journal.ts'
import { toReadable } from './to-readable.ts'
import { toReceiptEntry, toStatusEntry } from './to-update-event.ts'

/** Takes what Baileys tells of our messages: what says something new goes to the journal, in its order. */
export function onUpdates(journal: Journal, instanceId: string, updates: WAMessageUpdate[]): void {
  const receivedAt = new Date()
  appendAll(
    journal,
    updates.map(
      (update) =>
        toStatusEntry(update, { instanceId, receivedAt }) ?? toReadable(update, { instanceId, receivedAt }),
    ),
  )
}

/** The same for the members of groups. */
export function onReceipts(journal: Journal, instanceId: string, receipts: MessageUserReceiptUpdate[]): void {
  const receivedAt = new Date()
  appendAll(
    journal,
    receipts.map((receipt) => toReceiptEntry(receipt, { instanceId, receivedAt })),
  )
}

function appendAll(journal: Journal, entries: (JournalEntry | undefined)[]): void {
  for (const entry of entries) if (entry) journal.append(entry)
}
