import type { MessageUserReceiptUpdate, WAMessageUpdate } from '@whiskeysockets/baileys'
import type { Journal, JournalEntry } from './journal.ts'
import type { SocketEars } from './listen-to-socket.ts'
import { toReadable } from './to-readable.ts'
import { toReceiptEntry, toStatusEntry } from './to-update-event.ts'

export interface OnUpdatesDependencies {
  journal: Pick<Journal, 'append'>
  ears: Pick<SocketEars, 'inPlace'>
}

/** Takes what Baileys tells of our messages: what says something new goes to the journal, in its order. */
export function onUpdates(
  { journal, ears }: OnUpdatesDependencies,
  instanceId: string,
  updates: WAMessageUpdate[],
): void {
  const context = { instanceId, receivedAt: new Date() }
  for (const { key: given, update } of updates) {
    ears.inPlace(instanceId, given, (key) =>
      append(journal, toStatusEntry({ key, update }, context) ?? toReadable({ key, update }, context)),
    )
  }
}

/** The same for the members of groups. */
export function onReceipts(
  { journal, ears }: OnUpdatesDependencies,
  instanceId: string,
  receipts: MessageUserReceiptUpdate[],
): void {
  const context = { instanceId, receivedAt: new Date() }
  for (const { key: given, receipt } of receipts) {
    ears.inPlace(instanceId, given, (key) => append(journal, toReceiptEntry({ key, receipt }, context)))
  }
}

function append(journal: Pick<Journal, 'append'>, entry: JournalEntry | undefined): void {
  if (entry) journal.append(entry)
}
