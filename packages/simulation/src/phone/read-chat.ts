import type { LoggedMessage } from './message-log.ts'
import type { PhoneParts } from './phone-parts.ts'
import { type ReceiptKind, receiptOf } from './receipt-stanza.ts'

/** Marks what others wrote in a chat as read or played, and tells its authors what they did not know. */
export function markChat(
  { own, log, send }: PhoneParts,
  kind: Exclude<ReceiptKind, 'delivered'>,
  chat: string,
  ids?: string[],
): void {
  const named = ids ? ids.flatMap((id) => log.list({ chat, id })) : log.list({ chat })
  const unmarked = named.filter(({ from, shown }) => shown && from !== own.phone && !done(shown, kind))
  for (const { shown } of unmarked) {
    if (!shown) continue
    shown.read = true
    if (kind === 'played') shown.played = true
  }
  for (const authored of Object.values(Object.groupBy(unmarked, ({ authorJid }) => authorJid))) {
    const [first, ...more] = authored ?? []
    if (!first) continue
    const { chatJid, authorJid } = first
    send(receiptOf(kind, { chatJid, authorJid, ids: [first.id, ...more.map(({ id }) => id)] }))
  }
}

function done(shown: NonNullable<LoggedMessage['shown']>, kind: 'read' | 'played'): boolean {
  if (kind === 'read') return shown.read
  // Only what has a length can be played.
  return shown.played || shown.content.file?.kind === undefined || !PLAYABLE.has(shown.content.file.kind)
}

const PLAYABLE = new Set(['audio', 'video'])
