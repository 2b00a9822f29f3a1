import assert from 'node:assert/strict'
import { BrokerInboundEventSchema } from '@carteiro/contracts/envelope'
import t from 'tap'
import { z } from 'zod'
import { CLOUD_NUMBER, cloudBody, cloudChange, readFixtures } from '../../testing/cloud-webhook.ts'
import { parseCloud } from './parse-cloud.ts'

const receivedAt = new Date('2025-06-09T10:00:00.000Z')
const SENDER = { from: '5511955550000', id: 'wamid.ONE', timestamp: '1749416383' }
const MARIA = [{ profile: { name: 'Maria' }, wa_id: '5511955550000', user_id: 'BR.1502576394655843' }]
const parseMessage = (message: object) =>
  parseCloud(
    cloudBody(cloudChange({ contacts: MARIA, messages: [{ ...SENDER, ...message }] })),
    () => ({ tenantId: 'acme', instanceId: 'acme-cloud' }),
    { receivedAt, requestId: 'request-1' },
  )

const IMAGE_HASH = 'SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI='
const messages = readFixtures('messages')
const sentCards = z.array(z.unknown()).parse(messages.contacts?.contacts)
/** What each of Meta's messages becomes, besides its id and chat. */
const MESSAGES: Record<string, object> = {
  text: { type: 'text', text: 'Oi! Tem em azul?' },
  image: {
    type: 'image',
    text: 'Este aqui',
    media: { id: '1003383421387256', mimetype: 'image/jpeg', sha256: IMAGE_HASH, caption: 'Este aqui' },
  },
  video: { type: 'video', media: { id: '2001', mimetype: 'video/mp4', sha256: 'dmlkZW8=' } },
  voice: {
    type: 'audio',
    media: { id: '3001', mimetype: 'audio/ogg; codecs=opus', sha256: 'YXVkaW8=', voice: true, ptt: true },
  },
  document: {
    type: 'document',
    text: 'Assinado',
    media: {
      id: '4001',
      mimetype: 'application/pdf',
      sha256: 'ZG9j',
      caption: 'Assinado',
      fileName: 'contrato.pdf',
    },
  },
  sticker: {
    type: 'sticker',
    media: { id: '5001', mimetype: 'image/webp', sha256: 'c3RpY2tlcg==', animated: true },
  },
  location: { type: 'location', text: 'MASP', location: messages.location?.location },
  contacts: {
    type: 'contacts',
    text: 'Ana Prado, Rui',
    contacts: [
      {
        displayName: 'Ana Prado',
        phones: ['+5511955550001', '+55 11 3333-0001'],
        details: sentCards[0],
      },
      { displayName: 'Rui', phones: [], details: { name: { formatted_name: 'Rui' } } },
    ],
  },
  button_reply: {
    type: 'buttons_response',
    text: 'Change',
    interactive: { kind: 'button', id: 'change', title: 'Change' },
    quotedMessageId: 'wamid.QUESTION',
    quotedParticipant: '15550783881@s.whatsapp.net',
  },
  list_reply: {
    type: 'list_response',
    text: 'Express',
    rowId: 'express',
    interactive: { kind: 'list', id: 'express', title: 'Express', description: 'Next day' },
  },
  nfm_reply: {
    type: 'interactive_response',
    text: 'Sent',
    interactive: {
      kind: 'flow',
      title: 'Sent',
      name: 'flow',
      parameters: { flow_token: 't-1', name: 'Ana' },
    },
  },
  interactive_new: {
    type: 'interactive_response',
    interactive: { kind: 'unknown', type: 'slider_reply', slider_reply: { value: 3 } },
  },
  button: {
    type: 'template_reply',
    text: 'Approve',
    interactive: { kind: 'template', id: 'approve_67', title: 'Approve' },
    quotedMessageId: 'wamid.TEMPLATE',
    quotedParticipant: '15550783881@s.whatsapp.net',
  },
  order: {
    type: 'order',
    text: 'For tomorrow',
    order: {
      catalogId: '194836987003835',
      items: [{ product_retailer_id: 'di9ozbzfi4', quantity: 2, item_price: 30, currency: 'BRL' }],
    },
  },
  system: {
    type: 'system',
    text: 'User Maria changed from 5511955550000 to 5511955550009',
    system: messages.system?.system,
  },
  unsupported: {
    type: 'unsupported',
    unsupportedType: 'poll_creation',
    content: { type: 'poll_creation' },
    errors: messages.unsupported?.errors,
  },
  unknown: { type: 'unsupported', unsupportedType: 'hologram', content: { depth: 3 } },
  quote: {
    type: 'text',
    text: 'This one',
    quotedMessageId: 'wamid.QUOTED',
    quotedParticipant: '15550783881@s.whatsapp.net',
    forwarded: true,
    frequentlyForwarded: true,
    referredProduct: { catalog_id: '1948', product_retailer_id: 'di9o' },
  },
  referral: { type: 'text', text: 'I saw your ad', referral: messages.referral?.referral },
}

t.test('every kind of message that Meta sends is taken, with all that it says', async (t) => {
  t.same(Object.keys(messages).sort(), Object.keys(MESSAGES).sort())
  for (const [name, raw] of Object.entries(messages)) {
    const { envelopes, rejected } = parseMessage(raw)
    t.same(rejected, [], name)
    const [envelope] = envelopes
    assert(envelope?.kind === 'message', name)
    t.strictSame(
      JSON.parse(JSON.stringify(envelope.message)),
      { id: 'wamid.ONE', chatId: '5511955550000@s.whatsapp.net', ...MESSAGES[name] },
      name,
    )
    t.same(BrokerInboundEventSchema.parse(envelope), envelope, name)
  }
})

t.test('a message names its sender, its chat and its time as those of a linked phone do', async (t) => {
  const { envelopes, tellsAnything } = parseMessage(messages.text ?? {})
  t.equal(tellsAnything, true)
  t.match(envelopes, [
    {
      kind: 'message',
      direction: 'inbound',
      tenantId: 'acme',
      instanceId: 'acme-cloud',
      chatKey: '5511955550000@s.whatsapp.net',
      providerMessageId: 'wamid.ONE',
      timestamp: '2025-06-08T20:59:43.000Z',
      receivedAt: receivedAt.toISOString(),
      requestId: 'request-1',
      participantJid: null,
      contact: { phone: '+5511955550000', pushName: 'Maria', userId: 'BR.1502576394655843' },
      metadata: {
        source: 'cloud_api',
        cloud: { phoneNumberId: CLOUD_NUMBER, displayPhoneNumber: '15550783881' },
      },
    },
  ])
})

t.test('a message whose time cannot be read has the time of receipt, and says so', async (t) => {
  for (const timestamp of ['soon', '', null, -5, '99999999999999999999', { low: 1 }]) {
    const [envelope] = parseMessage({ ...messages.text, timestamp }).envelopes
    t.match(envelope, { timestamp: receivedAt.toISOString(), metadata: { timestampInvalid: true } })
  }
})

t.test(
  'a reaction is none of the messages: it names its message, and is taken back without emoji',
  async (t) => {
    const react = (reaction: object) => parseMessage({ type: 'reaction', reaction })
    t.match(react({ message_id: 'wamid.TARGET', emoji: '\u{1f44d}' }).envelopes, [
      {
        kind: 'reaction',
        targetMessageId: 'wamid.TARGET',
        emoji: '\u{1f44d}',
        providerMessageId: 'wamid.ONE',
      },
    ])
    for (const reaction of [{ message_id: 'wamid.TARGET' }, { message_id: 'wamid.TARGET', emoji: '' }]) {
      t.match(react(reaction).envelopes, [{ kind: 'reaction', emoji: null }])
    }
    t.match(react({ emoji: '\u{1f44d}' }).rejected, [{ reason: 'invalid_contract' }])
  },
)
