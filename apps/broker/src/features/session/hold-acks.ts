import { type BinaryNode, getBinaryNodeChild, type WASocket } from '@whiskeysockets/baileys'

type Listener = (stanza: BinaryNode) => unknown

/** What Baileys acknowledges when it has told of it. A message it receipts: those the commit rule holds. */
const ACKNOWLEDGED = ['receipt', 'notification', 'call'] as const

const HELD = new Error('The acknowledgement waits until what it is of is kept.')

/**
 * Lets no acknowledgement leave before what its stanza told is kept, so that WhatsApp brings it again when this process
 * dies before. Baileys emits the events of a stanza, and then builds the acknowledgement of its tag: there it is stopped,
 * and goes on as after one that could not be sent. We send it later. For nothing else does it read the tag, but to print
 * a stanza that it makes nothing of: it is stopped there, too.
 *
 * What WhatsApp sends without content for us is held back from Baileys whole, which confirms it in several ways.
 *
 * To call when only Baileys listens.
 *
 * @param kept resolves when all that was told of a stanza so far is kept; rejects where it will not be
 */
export function holdAcks(
  { ws, sendMessageAck }: Pick<WASocket, 'ws' | 'sendMessageAck'>,
  kept: (stanza: BinaryNode) => Promise<void>,
): void {
  const acknowledge = (stanza: BinaryNode) =>
    // On a line that is gone, or where it is not kept, there is none: it comes again.
    kept(stanza)
      .then(() => sendMessageAck(stanza))
      .catch(() => undefined)
  for (const tag of ACKNOWLEDGED) {
    replaceListeners(ws, `CB:${tag}`, (stanza, listener) =>
      listener(withAck(stanza, () => void acknowledge(stanza))),
    )
  }
  replaceListeners(ws, 'CB:message', (stanza, listener) => {
    if (!isWithoutContent(stanza)) return void listener(stanza)
    // By then the listeners after this one have told of it.
    queueMicrotask(() => void kept(stanza).then(() => listener(stanza), ignore))
  })
}

const ignore = () => undefined

function replaceListeners(
  ws: WASocket['ws'],
  name: string,
  hear: (stanza: BinaryNode, listener: Listener) => void,
): void {
  const listeners = ws.listeners(name)
  ws.removeAllListeners(name)
  for (const listener of listeners) {
    ws.on(name, (stanza: BinaryNode) => hear(stanza, (given) => Reflect.apply(listener, ws, [given])))
  }
}

/** The stanza, with whose first look at the tag its acknowledgement begins; no look shows it, or Baileys sent another. */
function withAck({ attrs, content }: BinaryNode, acknowledge: () => void): BinaryNode {
  let isBegun = false
  return {
    get tag(): string {
      if (!isBegun) acknowledge()
      isBegun = true
      throw HELD
    },
    attrs,
    ...(content === undefined ? {} : { content }),
  }
}

const isWithoutContent = (stanza: BinaryNode): boolean =>
  getBinaryNodeChild(stanza, 'unavailable') !== undefined && getBinaryNodeChild(stanza, 'enc') === undefined
