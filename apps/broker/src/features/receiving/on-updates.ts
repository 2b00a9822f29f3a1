import type { MessageUserReceiptUpdate, WAMessageUpdate } from '@whiskeysockets/baileys'
import type { Journal, JournalEntry } from './journal.ts'
import type { KnownPhones } from './known-phones.ts'
import { toReadable } from './to-readable.ts'
import { toReceiptEntry, toStatusEntry } from './to-update-event.ts'

export interface OnUpdatesDependencies {
  journal: Pick<Journal, 'append'>
  phones: Pick<KnownPhones, 'complete'>
}

/** Takes what Baileys tells of our messages: what says something new goes to the journal, in its order. */
export function onUpdates(
  { journal, phones }: OnUpdatesDependencies,
  instanceId: string,
  updates: WAMessageUpdate[],
): void {
  const context = { instanceId, receivedAt: new Date() }
  const told = updates.map(({ key, update }) => ({ key: phones.complete(key), update }))
  appendAll(
    journal,
    told.map((update) => toStatusEntry(update, context) ?? toReadable(update, context)),
  )
}

/** The same for the members of groups. */
export function onReceipts(
  journal: Pick<Journal, 'append'>,
  instanceId: string,
  receipts: MessageUserReceiptUpdate[],
): void {
  const receivedAt = new Date()
  appendAll(
    journal,
    receipts.map((receipt) => toReceiptEntry(receipt, { instanceId, receivedAt })),
  )
}

function appendAll(journal: Pick<Journal, 'append'>, entries: (JournalEntry | undefined)[]): void {
  for (const entry of entries) if (entry) journal.append(entry)
}
