import { MessageInboundEvent } from '@carteiro/contracts/broker-event'
import { proto, type WAMessage } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { type InboundContext, toEvent } from './to-event.ts'

const context: InboundContext = {
  instanceId: 'main',
  upsertType: 'notify',
  receivedAt: new Date('2026-01-02T03:04:05.000Z'),
}
const phoneJid = '5511988887777@s.whatsapp.net'
const lidJid = '123456789012345@lid'

const message = (parts: Partial<WAMessage>): WAMessage => ({
  key: { remoteJid: phoneJid, id: '3A01', fromMe: false, participant: '' },
  message: { conversation: 'hello' },
  messageTimestamp: 1_767_322_000,
  pushName: 'Ana',
  ...parts,
})

function eventOf(parts: Partial<WAMessage>, given: Partial<InboundContext> = {}): MessageInboundEvent {
  const inbound = toEvent(message(parts), { ...context, ...given })
  if (inbound.kind !== 'event') throw new Error(`skipped: ${inbound.reason}`)
  return MessageInboundEvent.parse(inbound.event)
}

test('a text becomes the contract event of the webhook, under WhatsApp own id', async (t) => {
  t.match(eventOf({}), {
    id: '3A01',
    type: 'MESSAGE_INBOUND',
    instanceId: 'main',
    timestamp: '2026-01-02T02:46:40.000Z',
    payload: {
      contact: { phone: '+5511988887777', pushName: 'Ana', name: null },
      message: { id: '3A01', chatId: phoneJid, type: 'text', text: 'hello', conversation: 'hello' },
      metadata: { source: 'baileys', messageId: '3A01', broker: { upsertType: 'notify' } },
    },
  })
})

test('a LID is never taken for a phone, and the phone beside it is found', async (t) => {
  const lidOnly = eventOf({ key: { remoteJid: lidJid, id: '1' } })
  t.match(lidOnly.payload.contact, { phone: null, lid: lidJid })
  for (const alt of [{ remoteJidAlt: phoneJid }, { senderPn: phoneJid }]) {
    const event = eventOf({ key: { remoteJid: lidJid, id: '1', ...alt } })
    t.match(event.payload.contact, { phone: '+5511988887777', lid: lidJid })
  }
})

test('one chat has one key, whether WhatsApp spells it by phone or by LID', async (t) => {
  const keyOf = (key: WAMessage['key']) => {
    const inbound = toEvent(message({ key }), context)
    return inbound.kind === 'event' ? inbound.chatKey : undefined
  }
  t.equal(keyOf({ remoteJid: lidJid, remoteJidAlt: phoneJid, id: '1' }), '+5511988887777')
  t.equal(keyOf({ remoteJid: phoneJid, remoteJidAlt: lidJid, id: '1' }), '+5511988887777')
  t.equal(keyOf({ remoteJid: lidJid, id: '1' }), lidJid)
  t.equal(
    keyOf({ remoteJid: '120363000000000000@g.us', participant: phoneJid, id: '1' }),
    '120363000000000000@g.us',
  )
})

test('in a group the contact is the group, and who wrote stands beside it', async (t) => {
  const { contact, metadata } = eventOf({
    key: { remoteJid: '120363000000000000@g.us', participant: lidJid, participantAlt: phoneJid, id: '1' },
  }).payload
  t.match(contact, { phone: null, pushName: null, jid: '120363000000000000@g.us' })
  t.match(metadata.contact, {
    isGroup: true,
    participantJid: lidJid,
    phone: '+5511988887777',
    pushName: 'Ana',
  })
})

test('what waited on the server while we were away is told as backfilled', async (t) => {
  t.match(eventOf({}, { upsertType: 'append' }).payload.metadata, { backfilled: true })
  t.notOk('backfilled' in eventOf({}).payload.metadata)
})

test('a time that cannot be read becomes the time of receipt', async (t) => {
  for (const messageTimestamp of [null, 0, Number.NaN]) {
    t.equal(eventOf({ messageTimestamp }).timestamp, '2026-01-02T03:04:05.000Z')
  }
})

const types: [string, string | undefined, proto.IMessage][] = [
  [
    'text',
    'see',
    { extendedTextMessage: { text: 'see', contextInfo: { quotedMessage: { conversation: 'no' } } } },
  ],
  ['image', 'a cat', { imageMessage: { caption: 'a cat' } }],
  ['image', 'beside', { conversation: 'beside', imageMessage: {} }],
  ['audio', undefined, { audioMessage: { ptt: true } }],
  [
    'document',
    'the bill',
    { documentWithCaptionMessage: { message: { documentMessage: { caption: 'the bill' } } } },
  ],
  ['text', 'gone soon', { ephemeralMessage: { message: { conversation: 'gone soon' } } }],
  ['location', 'Home', { locationMessage: { name: 'Home', degreesLatitude: 1 } }],
  ['reaction', '👍', { reactionMessage: { text: '👍' } }],
  ['poll', 'Lunch?', { pollCreationMessageV3: { name: 'Lunch?' } }],
  ['unsupported', undefined, { stickerSyncRmrMessage: { filehash: ['x'] } }],
]
for (const [type, text, content] of types) {
  test(`${Object.keys(content).join(' and ')} is told as ${type}${text ? ` with its text` : ''}`, async (t) => {
    const told = eventOf({ message: proto.Message.fromObject(content) }).payload.message
    t.equal(told.type, type)
    t.equal(told.text, text)
  })
}

const target = { remoteJid: phoneJid, id: '3A00', fromMe: false }
const acts: [string, proto.IMessage, Record<string, unknown>][] = [
  ['a revoke', { protocolMessage: { key: target, type: 0 } }, { protocolMessage: { key: { id: '3A00' } } }],
  [
    'an edit',
    {
      editedMessage: {
        message: { protocolMessage: { key: target, type: 14, editedMessage: { conversation: 'new' } } },
      },
    },
    { protocolMessage: { key: { id: '3A00' }, type: 14, editedMessage: { conversation: 'new' } } },
  ],
  [
    'a vote',
    {
      pollUpdateMessage: {
        pollCreationMessageKey: target,
        vote: { encPayload: new Uint8Array(3), encIv: new Uint8Array(3) },
      },
    },
    {
      pollUpdateMessage: {
        pollCreationMessageKey: { id: '3A00' },
        vote: { encPayload: 'AAAA', encIv: 'AAAA' },
      },
    },
  ],
]
for (const [what, content, expected] of acts) {
  test(`${what} is told with what it does to which message`, async (t) => {
    t.match(eventOf({ message: proto.Message.fromObject(content) }).payload.message, expected)
  })
}

test('what our own phone wrote is told as ours, and our name is not taken for the customer', async (t) => {
  t.match(toEvent(message({ key: { remoteJid: phoneJid, id: '1', fromMe: true } }), context), {
    unlessSent: true,
    event: {
      type: 'MESSAGE_OUTBOUND',
      payload: {
        contact: { phone: '+5511988887777', pushName: null },
        metadata: { rawKey: { fromMe: true }, broker: { direction: 'outbound' } },
      },
    },
  })
})

test('a message that could not be read is told under an id of its own, so that it may yet come', async (t) => {
  const stub = message({ message: null, messageStubType: 2, messageStubParameters: ['No session record'] })
  const inbound = toEvent(stub, context)
  t.match(inbound, {
    kind: 'event',
    chatKey: '+5511988887777',
    event: {
      id: '3A01:undecryptable',
      type: 'MESSAGE_UNDECRYPTABLE',
      payload: { message: { id: '3A01', chatId: phoneJid }, reason: 'No session record' },
    },
  })
})

const skipped: [string, Partial<WAMessage>][] = [
  ['status_broadcast', { key: { remoteJid: 'status@broadcast', id: '1' } }],
  ['newsletter', { key: { remoteJid: '1@newsletter', id: '1' } }],
  ['invalid_entry', { key: { remoteJid: phoneJid } }],
  ['protocol_message', { message: { protocolMessage: { type: 3, key: { id: '3A00' } } } }],
  ['protocol_message', { message: { protocolMessage: { type: 0 } } }],
  ['message_stub', { message: null, messageStubType: 27 }],
  [
    'message_stub',
    { message: null, messageStubType: 2, key: { remoteJid: phoneJid, id: '1', fromMe: true } },
  ],
  [
    'call_notice',
    { key: { remoteJid: phoneJid, id: 'C1' }, message: { call: { callKey: Buffer.from('C1') } } },
  ],
  ['empty_message', { message: null }],
  ['empty_message', { message: { senderKeyDistributionMessage: { groupId: 'x' }, messageContextInfo: {} } }],
]
for (const [reason, parts] of skipped) {
  test(`${reason}: nothing is told of ${JSON.stringify(parts)}`, async (t) => {
    t.same(toEvent(message(parts), context), { kind: 'skipped', reason })
  })
}
