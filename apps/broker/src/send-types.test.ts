import { t, test } from 'tap'
import { startTestBroker } from './test-broker.ts'

const CUSTOMER = '5511988887777'
const { ask, broker, connect, customerWrites, onPhone, webhook, ...line } = await startTestBroker(t)
const connectedSocket = line.socket
await connect('main')

interface Sent {
  id: string
  status: string
  to: { jid: string; lid?: string }
}

const send = (body: Record<string, unknown>, key: string) =>
  ask<Sent>('POST', '/instances/main/send-text', { to: `+${CUSTOMER}`, ...body }, { 'idempotency-key': key })

const eventOf = (type: string, id: string) =>
  webhook.taken.find((event) => event.type === type && event.payload.message?.id === id)

const kinds: [string, Record<string, unknown>, Record<string, unknown>][] = [
  [
    'location',
    { location: { latitude: -23.5, longitude: -46.6, name: 'Office' } },
    { locationMessage: { name: 'Office' } },
  ],
  [
    'reaction',
    { reaction: { messageId: '3A01', emoji: '👍' } },
    { reactionMessage: { text: '👍', key: { id: '3A01' } } },
  ],
]
for (const [type, body, content] of kinds) {
  test(`a ${type} reaches the phone, is acknowledged, and is sent once`, async (t) => {
    const first = await send({ type, ...body }, type)
    t.match(first, { status: 200, replayed: null, body: { status: 'sent', ack: 2 } })
    t.match(await send({ type, ...body }, type), { status: 200, replayed: 'true', body: first.body })
    if (type === 'location') {
      t.match(await onPhone(CUSTOMER, first.body.id), [{ type: 'location', text: 'Office', stanzas: 1 }])
    }
    t.match(await broker.ledger.content('main', first.body.id), content)
  })
}

test('the answer names the recipient by phone and by LID', async (t) => {
  const { body } = await send({ text: 'who' }, 'lid')
  t.match(body.to, { jid: `${CUSTOMER}@s.whatsapp.net`, lid: /^\d+@lid$/ })
})

test('a template is shown as its text, a mention as text that names somebody', async (t) => {
  const template = await send({ template: { text: 'Dear {{1}}', variables: ['Ana'] } }, 'template')
  t.match(await onPhone(CUSTOMER, template.body.id), [{ text: 'Dear Ana' }])
  const mention = await send({ text: 'hi @5511911112222', mentions: ['+5511911112222'] }, 'mention')
  t.match(await onPhone(CUSTOMER, mention.body.id), [{ text: 'hi @5511911112222' }])
  t.match(await broker.ledger.content('main', mention.body.id), {
    extendedTextMessage: { contextInfo: { mentionedJid: ['5511911112222@s.whatsapp.net'] } },
  })
})

test('a message of the customer is quoted with what it said, and reacted to as theirs', async (t) => {
  await customerWrites(CUSTOMER, { text: 'is it open?', id: '3ACAFE' })
  await webhook.until(() => eventOf('MESSAGE_INBOUND', '3ACAFE') !== undefined)
  const answer = await send({ text: 'yes', quotedMessageId: '3ACAFE' }, 'quote')
  t.match(await onPhone(CUSTOMER, answer.body.id), [{ text: 'yes' }])
  t.match(await broker.ledger.content('main', answer.body.id), {
    extendedTextMessage: {
      contextInfo: { stanzaId: '3ACAFE', quotedMessage: { conversation: 'is it open?' } },
    },
  })
  const reaction = await send({ reaction: { messageId: '3ACAFE', emoji: '👍' } }, 'react to theirs')
  t.match(await broker.ledger.content('main', reaction.body.id), {
    reactionMessage: { key: { fromMe: false } },
  })
})

test('a message of ours is quoted with what it said, and reacted to as ours', async (t) => {
  const first = await send({ text: 'first' }, 'own')
  const quoting = await send({ text: 'as I said', quotedMessageId: first.body.id }, 'quote own')
  t.match(await broker.ledger.content('main', quoting.body.id), {
    extendedTextMessage: { contextInfo: { quotedMessage: { extendedTextMessage: { text: 'first' } } } },
  })
  const reaction = await send({ reaction: { messageId: first.body.id, emoji: '👍' } }, 'react to own')
  t.match(await broker.ledger.content('main', reaction.body.id), {
    reactionMessage: { key: { fromMe: true } },
  })
})

/** The simulator does not know the stanzas of contacts and polls: theirs are acknowledged before they are written. */
async function withoutWire<Result>(act: () => Promise<Result>): Promise<Result> {
  const socket = connectedSocket('main')
  const { relayMessage } = socket
  socket.relayMessage = async (_jid, _message, { messageId = '' }) => {
    socket.ws.emit('CB:ack,class:message', { tag: 'ack', attrs: { class: 'message', id: messageId } })
    return messageId
  }
  try {
    return await act()
  } finally {
    socket.relayMessage = relayMessage
  }
}

test('a contact is made and sent as a card', async (t) => {
  const contact = { fullName: 'Ana', phones: ['+5511911112222'] }
  const { status, body } = await withoutWire(() => send({ contact }, 'contact'))
  t.match({ status, body }, { status: 200, body: { status: 'sent' } })
  t.match(await broker.ledger.content('main', body.id), { contactMessage: { vcard: /waid=5511911112222/ } })
})

test('the API is told the secret of a poll that was sent, so that votes can be read', async (t) => {
  const poll = { question: 'When?', options: ['now', 'later'] }
  const { body } = await withoutWire(() => send({ poll }, 'poll'))
  await webhook.until(() => eventOf('MESSAGE_OUTBOUND', body.id) !== undefined)
  const content = await broker.ledger.content('main', body.id)
  t.match(content, { pollCreationMessageV3: { name: 'When?' } })
  const secret = Buffer.from(content?.messageContextInfo?.messageSecret ?? []).toString('base64')
  t.equal(secret.length, 44)
  t.match(eventOf('MESSAGE_OUTBOUND', body.id)?.payload, {
    message: { messageContextInfo: { messageSecret: secret } },
  })
})

for (const path of ['messages', 'send-media', 'send-poll']) {
  test(`${path} is another name of send-text`, async (t) => {
    const key = { 'idempotency-key': `by ${path}` }
    const body = { to: CUSTOMER, location: { latitude: 1, longitude: 2 } }
    t.match(await ask('POST', `/instances/main/${path}`, body, key), {
      status: 200,
      body: { status: 'sent' },
    })
  })
}

const media = { type: 'image', mediaUrl: 'http://127.0.0.1:1/a.png' }
const refused: [string, Record<string, unknown>, number, string][] = [
  ['a file on this machine', media, 422, 'MEDIA_URL_REFUSED'],
  ['a file on a private host', { ...media, mediaUrl: 'http://10.0.0.1/a.png' }, 422, 'MEDIA_URL_REFUSED'],
  ['a file on localhost', { ...media, mediaUrl: 'http://localhost/a.png' }, 422, 'MEDIA_URL_REFUSED'],
  ['another instance', { text: 'x', instanceId: 'other' }, 400, 'INVALID_PAYLOAD'],
  ['a type that nobody knows', { type: 'buttons', text: 'x' }, 422, 'UNSUPPORTED_TYPE'],
]
for (const [what, body, status, code] of refused) {
  test(`${what} is refused with ${code}`, async (t) => {
    t.match(await send(body, what), { status, body: { error: { code } } })
  })
}

test('a file that WhatsApp takes nowhere is not sent, and its key stays free', async (t) => {
  const image = { type: 'image', media: { base64: 'AAAA' } }
  // Baileys tries the host by its name and by WhatsApp's word for it.
  line.simulator.media.faults.add('upload', { kind: 'refuse', status: 503 }, 2)
  t.match(await send(image, 'no upload'), { status: 502, body: { error: { code: 'BROKER_ERROR' } } })
  t.equal(await broker.ledger.find('main', 'no upload'), undefined)
  t.match(await send(image, 'no upload'), { status: 200, body: { status: 'sent' } })
})
