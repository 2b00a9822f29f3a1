import { Intent } from '@carteiro/contracts/intent'
import { renderIntent } from '@carteiro/contracts/intents/render-intent'
import { test } from 'tap'
import { fileToUpload, toGraphMessage } from './to-graph-message.ts'

const delivery = { id: '0198c0de-0000-7000-8000-000000000001', recipient: '+5511988887777' }
const url = 'https://files.example/bill.pdf'
const base64 = Buffer.from('bytes').toString('base64')
const components = [{ type: 'body', parameters: [{ type: 'text', text: 'Ana' }] }]
const rendered = {
  version: 3,
  language: 'pt_BR',
  text: 'Oi, Ana',
  provider: { name: 'welcome_at_meta', components },
}

const mapped: [intent: unknown, content: Record<string, unknown>][] = [
  [
    { intent: 'text', text: 'hello' },
    { type: 'text', text: { body: 'hello' } },
  ],
  [
    {
      ...{ intent: 'text', text: '@5511911112222 yes', mentions: ['+5511911112222'] },
      ...{ quotedMessageId: 'ours', quoted: { providerMessageId: 'wamid.A', fromMe: false } },
    },
    { type: 'text', text: { body: '@5511911112222 yes' }, context: { message_id: 'wamid.A' } },
  ],
  [
    { intent: 'text', text: 'https://a.example', previewUrl: true },
    { type: 'text', text: { body: 'https://a.example', preview_url: true } },
  ],
  [
    { intent: 'template', templateCode: 'welcome', language: 'en', variables: { 1: 'Ana' }, rendered },
    { type: 'template', template: { name: 'welcome_at_meta', language: { code: 'pt_BR' }, components } },
  ],
  [
    { intent: 'template', templateCode: 'of_meta', language: 'en_US', components },
    { type: 'template', template: { name: 'of_meta', language: { code: 'en_US' }, components } },
  ],
  [
    { intent: 'template', templateCode: 'plain' },
    { type: 'template', template: { name: 'plain', language: { code: 'en' } } },
  ],
  [
    { intent: 'template', templateCode: 'numbered', language: 'en', variables: { 2: 20, 10: 'b', 1: 'a' } },
    {
      type: 'template',
      template: {
        name: 'numbered',
        language: { code: 'en' },
        components: [{ type: 'body', parameters: ['a', '20', 'b'].map((text) => ({ type: 'text', text })) }],
      },
    },
  ],
  [
    {
      intent: 'template',
      templateCode: 'named',
      language: 'en',
      variables: { name: 'Ana', due: { amount: 10.5, currency: 'BRL' } },
    },
    {
      type: 'template',
      template: {
        name: 'named',
        language: { code: 'en' },
        components: [
          {
            type: 'body',
            parameters: [
              { type: 'text', parameter_name: 'name', text: 'Ana' },
              { type: 'text', parameter_name: 'due', text: '10.5 BRL' },
            ],
          },
        ],
      },
    },
  ],
  [
    { intent: 'image', mediaUrl: url, caption: 'a cat', mimeType: 'image/png' },
    { type: 'image', image: { link: url, caption: 'a cat' } },
  ],
  [
    { intent: 'video', media: { url } },
    { type: 'video', video: { link: url } },
  ],
  [
    { intent: 'audio', mediaUrl: url, ptt: true },
    { type: 'audio', audio: { link: url, voice: true } },
  ],
  [
    { intent: 'document', media: { url, fileName: 'bill.pdf' }, caption: 'Yours' },
    { type: 'document', document: { link: url, caption: 'Yours', filename: 'bill.pdf' } },
  ],
  [
    { intent: 'document', media: { base64, fileName: 'bill.pdf' } },
    { type: 'document', document: { id: '4711', filename: 'bill.pdf' } },
  ],
  [
    { intent: 'sticker', mediaUrl: url },
    { type: 'sticker', sticker: { link: url } },
  ],
  [
    { intent: 'location', latitude: -23.5, longitude: -46.6, name: 'Office' },
    { type: 'location', location: { latitude: -23.5, longitude: -46.6, name: 'Office' } },
  ],
  [
    {
      intent: 'contact',
      fullName: 'Ana Lima',
      phones: ['+5511911112222'],
      organization: 'Lima Ltda',
      emails: ['ana@example.com'],
    },
    {
      type: 'contacts',
      contacts: [
        {
          name: { formatted_name: 'Ana Lima', first_name: 'Ana Lima' },
          phones: [{ phone: '+5511911112222' }],
          org: { company: 'Lima Ltda' },
          emails: [{ email: 'ana@example.com' }],
        },
      ],
    },
  ],
  [
    { intent: 'reaction', messageId: 'wamid.A', emoji: '👍' },
    { type: 'reaction', reaction: { message_id: 'wamid.A', emoji: '👍' } },
  ],
  [
    {
      intent: 'reaction',
      messageId: 'ours',
      emoji: '',
      target: { providerMessageId: 'wamid.B', fromMe: false },
    },
    { type: 'reaction', reaction: { message_id: 'wamid.B', emoji: '' } },
  ],
  [
    { intent: 'proposta', proposalId: '7', title: 'Proposal', link: 'https://a.example/7' },
    { type: 'text', text: { body: 'Proposal\n\nhttps://a.example/7' } },
  ],
  [
    {
      intent: 'contrato',
      contractId: '8',
      title: 'Contract',
      document: { mediaUrl: url, fileName: 'c.pdf' },
    },
    { type: 'document', document: { link: url, caption: 'Contract', filename: 'c.pdf' } },
  ],
]

for (const [intent, content] of mapped) {
  test(`${JSON.stringify(intent)} is sent in Meta\u2019s words`, async (t) => {
    t.same(toGraphMessage(delivery, renderIntent(Intent.parse(intent)), '4711'), {
      status: 'mapped',
      body: {
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to: '5511988887777',
        biz_opaque_callback_data: delivery.id,
        ...content,
      },
    })
  })
}

test('a poll is refused: Meta has none', async (t) => {
  const poll = Intent.parse({ intent: 'poll', question: 'Lunch?', options: ['yes', 'no'] })
  t.match(toGraphMessage(delivery, renderIntent(poll)), { status: 'refused', code: 'UNSUPPORTED_OPERATION' })
})

for (const recipient of ['123456@lid', '120363000000000001@g.us', 'nobody']) {
  test(`${recipient} is refused: Meta writes to phones alone`, async (t) => {
    const message = toGraphMessage({ ...delivery, recipient }, { intent: 'text', text: 'hello' })
    t.match(message, { status: 'refused', code: 'INVALID_TO' })
  })
}

test('bytes are uploaded, a link is not', async (t) => {
  const media = { base64, mimeType: 'image/png' }
  t.match(fileToUpload({ intent: 'image', media }), { source: { base64 }, mimeType: 'image/png' })
  t.equal(fileToUpload({ intent: 'image', mediaUrl: url }), undefined)
  t.equal(fileToUpload({ intent: 'text', text: 'hello' }), undefined)
})
