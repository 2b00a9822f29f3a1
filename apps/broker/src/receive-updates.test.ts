import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { t, test } from 'tap'
import { startTestBroker } from './test-broker.ts'
import type { TestEvent } from './test-webhook.ts'

const CUSTOMER = '5511988887777@s.whatsapp.net'
const GROUP = '120363000000000000@g.us'
const { broker, connect, socket, webhook } = await startTestBroker(t)
await connect('main')

const told = async (id: string): Promise<TestEvent> => {
  await webhook.until(() => webhook.taken.some((event) => event.id === id))
  const event = webhook.taken.find((each) => each.id === id)
  if (!event) throw new Error('told, and not there')
  return event
}

const updateOf = async (id: string) => (await told(id)).payload.raw?.updates[0]

/** A send whose answer was told. */
async function answered(id: string, status: 'sent' | 'pending'): Promise<string> {
  const send = { instanceId: 'main', idempotencyKey: `key of ${id}`, waMessageId: id }
  await broker.ledger.begin({ ...send, requestHash: Buffer.alloc(32), content: { conversation: 'hello' } })
  await broker.ledger.settle('main', send.idempotencyKey, {
    ...{ externalId: id, id, status, ack: status === 'sent' ? 2 : 1 },
    ...{ timestamp: new Date().toISOString(), to: { jid: CUSTOMER } },
  })
  return id
}

/** A stanza as WhatsApp writes it, given to Baileys as if it had come by the socket. */
const stanza = (node: BinaryNode) => socket('main').ws.emit(`CB:${node.tag}`, node)
const ackStanza = (id: string, more: Record<string, string> = {}) =>
  socket('main').ws.emit('CB:ack,class:message', {
    tag: 'ack',
    attrs: { id, class: 'message', from: CUSTOMER, ...more },
  })

test('an acknowledgement that comes after the answer pending is told, so that the message is sent', async (t) => {
  const id = await answered('3EB0A1', 'pending')
  ackStanza(id)
  t.match(await updateOf(`${id}:status:2`), {
    key: { remoteJid: CUSTOMER, id, fromMe: true },
    update: { status: 2 },
  })
})

test('a refusal that comes after the answer pending is told with its code, and its key is free', async (t) => {
  const id = await answered('3EB0A2', 'pending')
  ackStanza(id, { error: '463' })
  t.match(await updateOf(`${id}:status:0`), {
    key: { id, fromMe: true },
    update: { status: 0, messageStubParameters: ['463'] },
  })
  t.equal(await broker.ledger.content('main', id), undefined)
})

test('an acknowledgement that the answer has told of is not told again', async (t) => {
  const once = await answered('3EB0A3', 'sent')
  ackStanza(once)
  const later = await answered('3EB0A4', 'pending')
  ackStanza(later)
  await told(`${later}:status:2`)
  t.notOk(webhook.taken.some(({ id }) => id === `${once}:status:2`))
})

/** A message whose content is not sealed, as the simulator writes its own. */
const arrives = (id: string, message: proto.IMessage) =>
  stanza({
    tag: 'message',
    attrs: { id, from: CUSTOMER, notify: 'Ana', t: '1767322000' },
    content: [{ tag: 'plaintext', attrs: {}, content: proto.Message.encode(message).finish() }],
  })

const target = { remoteJid: CUSTOMER, id: '3A00', fromMe: false }
const acts: [string, string, proto.IMessage, Record<string, unknown>][] = [
  [
    'an edit',
    '3AED',
    { protocolMessage: { key: target, type: 14, editedMessage: { conversation: 'new' } } },
    { protocolMessage: { key: { id: '3A00' }, editedMessage: { conversation: 'new' } } },
  ],
  [
    'a revoke',
    '3AEE',
    { protocolMessage: { key: target, type: 0 } },
    { protocolMessage: { key: { id: '3A00' } } },
  ],
  ['a reaction', '3AEF', { reactionMessage: { key: target, text: '👍' } }, { type: 'reaction', text: '👍' }],
  [
    'a poll',
    '3AF0',
    {
      messageContextInfo: { messageSecret: new Uint8Array(32) },
      pollCreationMessageV3: { name: 'Lunch?', options: [{ optionName: 'yes' }, { optionName: 'no' }] },
    },
    { type: 'poll', messageContextInfo: { messageSecret: Buffer.alloc(32).toString('base64') } },
  ],
  [
    'a vote',
    '3AF1',
    {
      pollUpdateMessage: {
        pollCreationMessageKey: target,
        vote: { encPayload: Buffer.alloc(3), encIv: Buffer.alloc(3) },
      },
    },
    { type: 'poll_choice', pollUpdateMessage: { vote: { encPayload: 'AAAA' } } },
  ],
]
for (const [what, id, message, expected] of acts) {
  test(`${what} that comes in is told`, async (t) => {
    arrives(id, message)
    t.match(await told(id), { type: 'MESSAGE_INBOUND', payload: { message: expected } })
  })
}

test('a message that Baileys could not decrypt is told', async (t) => {
  // Baileys asks the sender for it again by stanzas that the simulator does not know: so its event is given here.
  const key = { remoteJid: CUSTOMER, id: '3AFF', fromMe: false }
  const messageStubType = proto.WebMessageInfo.StubType.CIPHERTEXT
  const messages = [{ key, messageStubType, messageStubParameters: ['No session record'] }]
  socket('main').ev.emit('messages.upsert', { type: 'notify', messages })
  t.match(await told('3AFF:undecryptable'), {
    type: 'MESSAGE_UNDECRYPTABLE',
    payload: { message: { id: '3AFF', chatId: CUSTOMER } },
  })
})

test('a message whose content WhatsApp gives to phones alone is told as one that cannot be opened', async (t) => {
  for (const type of ['view_once', 'view_once_unavailable_fanout']) {
    const attrs = { id: `3A-${type}`, from: CUSTOMER, t: '1767322000' }
    stanza({ tag: 'message', attrs, content: [{ tag: 'unavailable', attrs: { type } }] })
    t.match(await told(`3A-${type}:undecryptable`), { payload: { reason: `unavailable: ${type}` } })
  }
})

/** Baileys answers receipts by stanzas that the simulator does not know, and would hang up on. */
function muteLine(): void {
  Reflect.set(Reflect.get(socket('main').ws, 'socket'), 'send', (_data: unknown, sent?: () => void) =>
    sent?.(),
  )
}

test('receipts are told in their order, by Baileys reading of the stanzas', async (t) => {
  muteLine()
  const attrs = { id: '3EB0AB', from: CUSTOMER, t: '1767322000' }
  stanza({ tag: 'receipt', attrs })
  stanza({ tag: 'receipt', attrs: { ...attrs, type: 'read', t: '1767322001' } })
  stanza({ tag: 'receipt', attrs: { ...attrs, type: 'played', t: '1767322002' } })
  t.match(await updateOf('3EB0AB:status:5'), { key: { id: '3EB0AB', fromMe: true }, update: { status: 5 } })
  t.same(
    webhook.taken.flatMap(({ id }) => (id.startsWith('3EB0AB') ? id : [])),
    ['3EB0AB:status:3', '3EB0AB:status:4', '3EB0AB:status:5'],
  )
  t.match(await told('3EB0AB:status:3'), {
    type: 'WHATSAPP_MESSAGES_UPDATE',
    timestamp: '2026-01-02T02:46:40.000Z',
  })
})

test('in a group each member is told of, once', async (t) => {
  const attrs = { id: '3EB0AC', from: GROUP, t: '1767322000', participant: CUSTOMER }
  stanza({ tag: 'receipt', attrs })
  stanza({ tag: 'receipt', attrs })
  stanza({ tag: 'receipt', attrs: { ...attrs, type: 'read' } })
  t.match(await updateOf(`3EB0AC:read:${CUSTOMER}`), {
    key: { remoteJid: GROUP, id: '3EB0AC', fromMe: true },
    update: { receipt: { userJid: CUSTOMER, readTimestamp: 1_767_322_000 } },
  })
  t.equal(webhook.taken.filter(({ id }) => id.startsWith('3EB0AC')).length, 2)
})
