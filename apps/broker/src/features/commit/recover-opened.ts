import { type BaileysEventMap, proto, type WAMessage } from '@whiskeysockets/baileys'
import type { OpenedMessages } from './opened-messages.ts'
import type { OpenedPart } from './opened-part.ts'
import { toMessage, upsertTypeOf } from './to-message.ts'

type Upsert = BaileysEventMap['messages.upsert']

/**
 * Hands on what was committed and of which the journal was not told, as Baileys would have done: the process or the
 * socket ended in between. Before a socket opens, so that nothing overtakes it.
 */
export async function recoverOpened(
  opened: Pick<OpenedMessages, 'open'>,
  instanceId: string,
  onUpsert: (instanceId: string, upsert: Upsert) => void,
): Promise<void> {
  for (const parts of await opened.open(instanceId)) {
    for (const upsert of toUpserts(parts)) onUpsert(instanceId, upsert)
  }
}

/**
 * What Baileys tells of a message: of one in which the phone gives what could not be read here, first what it gives.
 * Nothing while a part of it is missing.
 */
export function toUpserts(parts: OpenedPart[]): Upsert[] {
  const message = toMessage(parts)
  const stanza = parts.at(-1)?.stanza
  if (!message || !stanza) return []
  const given = givenMessages(message).map((one): Upsert => ({ messages: [one], type: 'notify' }))
  return [...given, { messages: [message], type: upsertTypeOf(stanza) }]
}

/** Only our own phone may give messages of others. */
function givenMessages({ key, message }: WAMessage): WAMessage[] {
  const response = message?.protocolMessage?.peerDataOperationRequestResponseMessage
  if (!key.fromMe || !response) return []
  return (response.peerDataOperationResult ?? []).flatMap(({ placeholderMessageResendResponse: given }) => {
    if (!given?.webMessageInfoBytes) return []
    const { key: givenKey, ...info } = proto.WebMessageInfo.decode(given.webMessageInfoBytes)
    return givenKey ? { ...info, key: givenKey } : []
  })
}
