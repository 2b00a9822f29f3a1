import { type BaileysEventMap, proto, type WAMessage } from '@whiskeysockets/baileys'
import type { OpenedMessages } from './opened-messages.ts'
import type { OpenedPart } from './opened-part.ts'
import { toMessage, upsertTypeOf } from './to-message.ts'

type Upsert = BaileysEventMap['messages.upsert']

export interface RecoverDependencies {
  opened: Pick<OpenedMessages, 'open'>
  onUpsert: (instanceId: string, upsert: Upsert) => void
  /** Told how many messages were handed on, where there were any. */
  onRecovered: (instanceId: string, count: number) => void
  /** Lets go of a message that will not be told. */
  settle: (instanceId: string, messageHash: Buffer) => void
}

/** WhatsApp keeps a message for 30 days: then what is missing of it comes no more. */
const KEPT_MS = 31 * 24 * 60 * 60_000

/**
 * Hands on what was committed and of which the journal was not told, as Baileys would have done: the process or the
 * socket ended in between. Before a socket opens, so that nothing overtakes it.
 */
export async function recoverOpened(
  { opened, onUpsert, onRecovered, settle }: RecoverDependencies,
  instanceId: string,
): Promise<void> {
  let recovered = 0
  for (const parts of await opened.open(instanceId)) {
    const upserts = toUpserts(parts)
    for (const upsert of upserts) onUpsert(instanceId, upsert)
    if (upserts.length > 0) recovered += 1
    else if (parts[0] && Date.now() - parts[0].openedAt.getTime() > KEPT_MS)
      settle(instanceId, parts[0].messageHash)
  }
  if (recovered > 0) onRecovered(instanceId, recovered)
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
