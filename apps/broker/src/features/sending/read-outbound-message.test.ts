import type { ProblemCode } from '@carteiro/contracts/problem'
import { test } from 'tap'
import { readOutboundMessage } from './read-outbound-message.ts'

const to = '+5511988887777'

test('the text may be spelled message, text or content', async (t) => {
  for (const name of ['message', 'text', 'content']) {
    t.match(readOutboundMessage({ to, [name]: 'hello' }, 'main'), { to, type: 'text', message: 'hello' })
  }
})

const url = 'https://files.example/a.png'
const read: [string, Record<string, unknown>, Record<string, unknown>][] = [
  ['a file at the top', { type: 'image', mediaUrl: url, fileName: 'a' }, { media: { url, fileName: 'a' } }],
  [
    'a file in media',
    { type: 'image', media: { url, mimeType: 'image/png' } },
    { media: { url, mimeType: 'image/png' } },
  ],
  ['bytes', { type: 'document', media: { base64: 'AAAA' } }, { media: { base64: 'AAAA' } }],
  [
    'bytes as browsers write them',
    { type: 'image', media: { base64: 'data:image/png;base64,AAAA' } },
    { media: { base64: 'AAAA', mimeType: 'image/png' } },
  ],
  [
    'the caption in the place of the text',
    { type: 'image', mediaUrl: url, text: 'a cat' },
    { caption: 'a cat' },
  ],
  ['a location without a type', { location: { latitude: 1, longitude: 2 } }, { type: 'location' }],
  ['a poll without a type', { poll: { question: 'a?', options: ['b', 'c'] } }, { type: 'poll' }],
  ['an image without a type', { mediaUrl: url, mimeType: 'image/png' }, { type: 'image' }],
  ['a file of another kind without a type', { mediaUrl: url }, { type: 'document' }],
  [
    'a reaction to the quoted message',
    { reaction: { emoji: '👍' }, quotedMessageId: '3A01' },
    { type: 'reaction', reaction: { messageId: '3A01', emoji: '👍' } },
  ],
  [
    'a template with a list of variables',
    { template: { body: '{{1}} {{2}}', variables: ['a', 2] } },
    { template: { text: '{{1}} {{2}}', variables: { 1: 'a', 2: '2' } } },
  ],
  ['null as left out', { text: 'x', type: null, previewUrl: null }, { type: 'text', message: 'x' }],
]
for (const [what, body, expected] of read) {
  test(`a send may be spelled with ${what}`, async (t) => {
    t.match(readOutboundMessage({ to, ...body }, 'main'), expected)
  })
}

const poll = (options: string[], selectableCount = 1) => ({
  poll: { question: 'a?', options, selectableCount },
})
const refused: [string, Record<string, unknown>, ProblemCode][] = [
  ['a type the broker cannot send', { to, type: 'buttons' }, 'UNSUPPORTED_TYPE'],
  ...['image', 'video', 'audio', 'document', 'sticker'].map(
    (type): [string, Record<string, unknown>, ProblemCode] => [
      `${type} without its file`,
      { to, type, caption: 'x' },
      'INVALID_PAYLOAD',
    ],
  ),
  [
    'an address that is none of the web',
    { to, type: 'image', mediaUrl: 'file:///etc/passwd' },
    'INVALID_PAYLOAD',
  ],
  ['a file given twice', { to, type: 'image', mediaUrl: url, media: { base64: 'AAAA' } }, 'INVALID_PAYLOAD'],
  ['bytes that are no base64', { to, type: 'image', media: { base64: 'AA*A' } }, 'INVALID_PAYLOAD'],
  ['a location without its place', { to, type: 'location' }, 'INVALID_PAYLOAD'],
  ['a place outside of the earth', { to, location: { latitude: 91, longitude: 0 } }, 'INVALID_PAYLOAD'],
  ['a contact without a phone', { to, contact: { fullName: 'Ana', phones: [] } }, 'INVALID_PAYLOAD'],
  ['a poll of one option', { to, ...poll(['a']) }, 'INVALID_PAYLOAD'],
  ['a poll of 13 options', { to, ...poll([...'abcdefghijklm']) }, 'INVALID_PAYLOAD'],
  ['a poll whose options are one', { to, ...poll(['a', 'a']) }, 'INVALID_PAYLOAD'],
  ['a poll with more choices than options', { to, ...poll(['a', 'b'], 3) }, 'INVALID_PAYLOAD'],
  ['a reaction to nothing', { to, type: 'reaction', reaction: { emoji: '👍' } }, 'INVALID_PAYLOAD'],
  ['a template without its text', { to, template: { name: 'hello' } }, 'INVALID_PAYLOAD'],
  ['a template with a gap', { to, template: { text: 'Dear {{name}}' } }, 'INVALID_PAYLOAD'],
  ['a session that is another', { to, text: 'x', instanceId: 'main', sessionId: 'other' }, 'INVALID_PAYLOAD'],
  ['a message without text', { to }, 'INVALID_PAYLOAD'],
  ['an empty text', { to, text: '' }, 'INVALID_PAYLOAD'],
  ['a body that names another instance', { to, text: 'x', instanceId: 'other' }, 'INVALID_PAYLOAD'],
  ['a type that is no text', { to, text: 'x', type: 7 }, 'INVALID_PAYLOAD'],
]
for (const [what, body, code] of refused) {
  test(`${what} is refused with its code`, async (t) => {
    t.throws(() => readOutboundMessage(body, 'main'), { code })
  })
}
