import { BrokerOutboundMessageSchema } from '@carteiro/contracts/broker-send'
import { formatJid, parseRecipient } from '@carteiro/contracts/jid'
import { generateWAMessage, proto } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { test } from 'tap'
import { toQuoted } from './find-message.ts'
import { anyBody } from './test-bodies.ts'
import { toContent } from './to-content.ts'

const to = '+5511988887777'
const jid = { kind: 'phone', digits: '5511988887777' } as const
const file = { source: Buffer.from('bytes'), mimeType: undefined, fileName: 'bill.pdf' }

/** The message as Baileys makes it; a file goes to an upload that takes everything. */
async function generate(body: Record<string, unknown>): Promise<proto.IMessage> {
  const message = BrokerOutboundMessageSchema.parse(body)
  const recipient = parseRecipient(message.to) ?? jid
  const quotedId = 'quotedMessageId' in message ? message.quotedMessageId : undefined
  const full = await generateWAMessage(
    formatJid(recipient),
    toContent(message, { jid: recipient, ...('media' in message ? { file } : {}) }),
    {
      userJid: '5511900000000@s.whatsapp.net',
      messageId: '3EB0AA',
      upload: async () => ({ mediaUrl: 'https://mmg.whatsapp.net/a', directPath: '/a' }),
      ...(quotedId === undefined ? {} : { quoted: toQuoted(undefined, quotedId, recipient) }),
    },
  )
  return proto.Message.decode(proto.Message.encode(full.message ?? {}).finish())
}

const media = { base64: 'AAAA' }
const contents: [string, Record<string, unknown>, Record<string, unknown>][] = [
  ['a text', { text: 'hello' }, { extendedTextMessage: { text: 'hello' } }],
  [
    'a text that names people',
    { text: 'hi @5511911112222', mentions: ['+55 11 91111-2222', '123456789012345@lid', 'nobody'] },
    {
      extendedTextMessage: {
        contextInfo: { mentionedJid: ['5511911112222@s.whatsapp.net', '123456789012345@lid'] },
      },
    },
  ],
  [
    'a text that quotes',
    { text: 'yes', quotedMessageId: '3A01' },
    { extendedTextMessage: { contextInfo: { stanzaId: '3A01', participant: formatJid(jid) } } },
  ],
  [
    'a text with its link shown as a card',
    { text: 'see https://example.com/a?b=1 now', previewUrl: true },
    { extendedTextMessage: { matchedText: 'https://example.com/a?b=1', title: 'example.com' } },
  ],
  [
    'a template',
    { type: 'template', template: { text: 'Dear {{1}}, {{ code }}', variables: { 1: 'Ana', code: 7 } } },
    { extendedTextMessage: { text: 'Dear Ana, 7' } },
  ],
  [
    'an image',
    { type: 'image', media, caption: 'a cat' },
    { imageMessage: { caption: 'a cat', directPath: '/a' } },
  ],
  ['a video', { type: 'video', media, mimeType: 'video/mp4' }, { videoMessage: { mimetype: 'video/mp4' } }],
  [
    'a voice message',
    { type: 'audio', media, ptt: true },
    { audioMessage: { ptt: true, mimetype: 'audio/ogg; codecs=opus' } },
  ],
  [
    'a document',
    { type: 'document', media, caption: 'your bill' },
    {
      documentMessage: {
        fileName: 'bill.pdf',
        mimetype: 'application/octet-stream',
        caption: 'your bill',
      },
    },
  ],
  ['a sticker', { type: 'sticker', media }, { stickerMessage: { mimetype: 'image/webp' } }],
  [
    'a location',
    { type: 'location', location: { latitude: -23.5, longitude: -46.6, name: 'Office', address: null } },
    { locationMessage: { degreesLatitude: -23.5, degreesLongitude: -46.6, name: 'Office' } },
  ],
  [
    'a contact',
    { type: 'contact', contact: { fullName: 'Ana', phones: ['+5511911112222'] } },
    { contactMessage: { displayName: 'Ana', vcard: /waid=5511911112222/ } },
  ],
  [
    'a poll of one choice',
    { type: 'poll', poll: { question: 'Lunch?', options: ['yes', 'no'] } },
    {
      pollCreationMessageV3: {
        name: 'Lunch?',
        options: [{ optionName: 'yes' }, { optionName: 'no' }],
        selectableOptionsCount: 1,
      },
    },
  ],
  [
    'a poll of any choice',
    { type: 'poll', poll: { name: 'Lunch?', values: ['yes', 'no'], selectableCount: 0 } },
    { pollCreationMessage: { selectableOptionsCount: 0 } },
  ],
  [
    'a reaction',
    { type: 'reaction', reaction: { messageId: '3A01', emoji: '👍' } },
    { reactionMessage: { text: '👍', key: { id: '3A01', remoteJid: formatJid(jid), fromMe: false } } },
  ],
  [
    'a reaction that is taken back',
    { type: 'reaction', reaction: { messageId: '3A01', emoji: '', fromMe: true } },
    { reactionMessage: { text: '', key: { id: '3A01', fromMe: true } } },
  ],
]
for (const [what, body, expected] of contents) {
  test(`${what} is made as WhatsApp shows it`, async (t) => {
    t.match(await generate({ to, ...body }), expected)
  })
}

test('whatever body is valid, Baileys makes a message of it that can be sent', async (t) => {
  await fc.assert(
    fc.asyncProperty(anyBody, async (body) => {
      const message = await generate(body)
      t.ok(Object.values(message).some((part) => part != null))
    }),
    { numRuns: 150 },
  )
})

test('without a card of ours the text is sent as it is: no address in it is called', async (t) => {
  const message = BrokerOutboundMessageSchema.parse({ to, text: 'see http://127.0.0.1/' })
  t.match(toContent(message, { jid }), { linkPreview: null })
})
