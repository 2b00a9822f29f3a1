import type { BaileysEventMap, WASocket } from '@whiskeysockets/baileys'

const AT_ONCE: ReadonlySet<keyof BaileysEventMap> = new Set([
  'messages.upsert',
  'messages.update',
  'message-receipt.update',
  // Of two in one buffer Baileys keeps the first.
  'groups.update',
])

/**
 * Baileys holds messages and receipts back in its event buffer: until the stanza is handled for live ones, 100 ms
 * more for those that waited on the server, and as long as its initial sync takes. We want each as soon as it is
 * there, so every one empties the buffer; the buffer's other events then only come earlier.
 */
export function flushMessages(ev: WASocket['ev']): void {
  const emit = ev.emit.bind(ev)
  ev.emit = (event, data) => {
    const taken = emit(event, data)
    if (AT_ONCE.has(event)) ev.flush()
    return taken
  }
}
