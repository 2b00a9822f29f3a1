import type { WASocket } from '@whiskeysockets/baileys'

/**
 * Baileys holds `messages.upsert` back in its event buffer: until the stanza is handled for live messages,
 * 100 ms more for those that waited on the server, and as long as its initial sync takes. We want a message
 * as soon as it is there, so every upsert empties the buffer; the buffer's other events then only come
 * earlier.
 */
export function flushUpserts(ev: WASocket['ev']): void {
  const emit = ev.emit.bind(ev)
  ev.emit = (event, data) => {
    const taken = emit(event, data)
    if (event === 'messages.upsert') ev.flush()
    return taken
  }
}
