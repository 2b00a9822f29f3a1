import type { BaileysEventMap } from '@whiskeysockets/baileys'
import type { OpenedMessages } from './opened-messages.ts'
import { toMessage, upsertTypeOf } from './to-message.ts'

/**
 * Hands on what was committed and of which the journal was not told, as Baileys would have done: the process or the
 * socket ended in between. Before a socket opens, so that nothing overtakes it.
 */
export async function recoverOpened(
  opened: Pick<OpenedMessages, 'open'>,
  instanceId: string,
  onUpsert: (instanceId: string, upsert: BaileysEventMap['messages.upsert']) => void,
): Promise<void> {
  for (const parts of await opened.open(instanceId)) {
    const message = toMessage(parts)
    const stanza = parts.at(-1)?.stanza
    if (message && stanza) onUpsert(instanceId, { messages: [message], type: upsertTypeOf(stanza) })
  }
}
