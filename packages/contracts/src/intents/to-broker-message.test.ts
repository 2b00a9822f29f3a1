import { test } from 'tap'
import { BrokerOutboundMessageSchema } from '../broker-send.ts'
import type { PhoneIntent } from './render-intent.ts'
import { toBrokerMessage } from './to-broker-message.ts'

const delivery = { id: 'd1', instanceId: 'main', recipient: '+5511988887777' }
const url = 'https://files.example/bill.pdf'

const mapped: [PhoneIntent, Record<string, unknown>][] = [
  [
    { intent: 'text', text: 'hello' },
    { type: 'text', message: 'hello' },
  ],
  [
    { intent: 'text', text: 'see', previewUrl: true },
    { type: 'text', message: 'see', previewUrl: true },
  ],
  [
    {
      ...{ intent: 'text', text: '@5511911112222 yes', mentions: ['+5511911112222'] },
      ...{ quotedMessageId: 'ours', quoted: { providerMessageId: '3A01', fromMe: false } },
    },
    {
      ...{ type: 'text', message: '@5511911112222 yes', mentions: ['+5511911112222'] },
      quotedMessageId: '3A01',
    },
  ],
  [
    { intent: 'image', mediaUrl: url, caption: 'a cat', mimeType: 'image/png' },
    { type: 'image', mediaUrl: url, caption: 'a cat', mimeType: 'image/png' },
  ],
  [
    { intent: 'document', media: { url, fileName: 'bill.pdf', mimeType: 'application/pdf' } },
    { type: 'document', mediaUrl: url, fileName: 'bill.pdf', mimeType: 'application/pdf' },
  ],
  [
    { intent: 'document', media: { url, fileName: 'old.pdf' }, fileName: 'new.pdf' },
    { type: 'document', mediaUrl: url, fileName: 'new.pdf' },
  ],
  [
    { intent: 'video', media: { base64: 'AAAA', mimeType: 'video/mp4' } },
    { type: 'video', media: { base64: 'AAAA' }, mimeType: 'video/mp4' },
  ],
  [
    { intent: 'audio', mediaUrl: url, ptt: true },
    { type: 'audio', mediaUrl: url, ptt: true },
  ],
  [
    { intent: 'sticker', mediaUrl: url },
    { type: 'sticker', mediaUrl: url },
  ],
  [
    { intent: 'location', latitude: -23.5, longitude: -46.6, name: 'Office' },
    { type: 'location', location: { latitude: -23.5, longitude: -46.6, name: 'Office' } },
  ],
  [
    { intent: 'contact', fullName: 'Ana', phones: ['+5511911112222'], emails: ['ana@example.com'] },
    {
      type: 'contact',
      contact: { fullName: 'Ana', phones: ['+5511911112222'], emails: ['ana@example.com'] },
    },
  ],
  [
    { intent: 'poll', question: 'Lunch?', options: ['yes', 'no'], selectableCount: 1 },
    { type: 'poll', poll: { question: 'Lunch?', options: ['yes', 'no'], selectableCount: 1 } },
  ],
  [
    { intent: 'reaction', messageId: '3A01', emoji: '👍' },
    { type: 'reaction', reaction: { messageId: '3A01', emoji: '👍' } },
  ],
  [
    {
      intent: 'reaction',
      messageId: 'ours',
      emoji: '',
      target: { providerMessageId: '3A01', fromMe: false, participantJid: '5511911112222@s.whatsapp.net' },
    },
    {
      type: 'reaction',
      reaction: {
        messageId: '3A01',
        emoji: '',
        fromMe: false,
        participant: '5511911112222@s.whatsapp.net',
      },
    },
  ],
]
for (const [intent, content] of mapped) {
  test(`${JSON.stringify(intent)} is sent in the words of the broker contracts, which our broker takes`, async (t) => {
    const body = toBrokerMessage(delivery, intent)
    t.same(body, { instanceId: 'main', to: '+5511988887777', externalId: 'd1', ...content })
    t.ok(BrokerOutboundMessageSchema.safeParse(JSON.parse(JSON.stringify(body))).success)
  })
}
