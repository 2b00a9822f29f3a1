import { CreateOutboundMessage } from '@carteiro/contracts/create-outbound-message'
import { Problem } from '@carteiro/contracts/problem'
import fc from 'fast-check'
import { test } from 'tap'
import { readRequest } from './read-request.ts'

const TO = '+5511955550001'
const UPLOAD = '0192f0c8-0000-7000-8000-000000000000'
const FILE = 'https://files.example/a.pdf'

const read = (body: object, allowedHosts: string[] = []) =>
  readRequest(CreateOutboundMessage.parse({ to: TO, ...body }), new Set(allowedHosts))

/** Code and paths of what a body is refused for. */
function refusalOf(body: object): { code: string; paths: string[] } | undefined {
  try {
    read(body)
    return undefined
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const details = error.details as { path: string }[]
    return { code: error.code, paths: details.map(({ path }) => path) }
  }
}

test('what is sent is read alike, flat or in payloadJson, with its intent said or not', async (t) => {
  const contents: [name: string, members: object][] = [
    ['text', { text: 'Olá', previewUrl: false }],
    ['image', { mediaUrl: 'https://files.example/a.png', caption: 'A picture' }],
    ['document', { mediaUrl: FILE, fileName: 'a.pdf', mimeType: 'application/pdf' }],
    ['location', { latitude: -23.5, longitude: -46.6, name: 'Office' }],
    ['contact', { fullName: 'Ana', phones: [TO] }],
    ['poll', { question: 'When?', options: ['Today', 'Tomorrow'], selectableCount: 2 }],
    ['reaction', { messageId: '3EB0A', emoji: '\u{1f44d}' }],
    ['template', { templateCode: 'welcome', language: 'en', variables: { name: 'Ana' } }],
    ['proposta', { proposalId: 'P-1', title: 'Proposal', document: { mediaUrl: FILE } }],
    ['contrato', { contractId: 'C-1', title: 'Contract', link: FILE }],
  ]
  for (const [intent, members] of contents) {
    const expected = { intent, ...members }
    t.same(read(members).request.intent, expected, `${intent}, flat and derived`)
    t.same(read({ intent, ...members }).request.intent, expected)
    t.same(read({ payloadJson: members }).request.intent, expected)
    t.same(read({ payloadJson: { intent, ...members } }).request.intent, expected)
    t.same(read({ intent, payloadJson: { intent, ...members } }).request.intent, expected)
  }
})

test('a template is named at the top, and filled by payloadJson', async (t) => {
  const components = [{ type: 'body', parameters: [{ type: 'text', text: 'John Doe' }] }]
  const { request, contentPath } = read({
    dossierId: 456,
    channel: 'WHATSAPP',
    templateCode: 'welcome_message',
    payloadJson: { language: 'en', components },
    idempotencyKey: 'unique-123',
  })
  t.match(request, {
    to: TO,
    dossierId: 456,
    idempotencyKey: 'unique-123',
    templateCode: 'welcome_message',
    intent: { intent: 'template', templateCode: 'welcome_message', language: 'en', components },
  })
  t.equal(contentPath, 'body.payloadJson')
  t.match(read({ templateCode: 'a', language: 'en' }).request.intent, {
    intent: 'template',
    templateCode: 'a',
  })
})

test('a template code beside another intent is kept with the message', async (t) => {
  const { request } = read({ intent: 'text', text: 'Made of a template elsewhere', templateCode: 'welcome' })
  t.same(request.intent, { intent: 'text', text: 'Made of a template elsewhere' })
  t.equal(request.templateCode, 'welcome')
})

test('times, purpose, priority and subject are the message\u2019s, not its content', async (t) => {
  const { request } = read({
    text: 'Olá',
    scheduledAt: '2030-01-31T09:00:00-03:00',
    expiresAt: '2030-02-01T00:00:00Z',
    purpose: 'marketing',
    priority: 2,
    subject: 'January',
  })
  t.match(request, {
    scheduledAt: new Date('2030-01-31T12:00:00Z'),
    expiresAt: new Date('2030-02-01T00:00:00Z'),
    purpose: 'marketing',
    priority: 2,
    subject: 'January',
    intent: { intent: 'text', text: 'Olá' },
  })
})

test('a file of an allowed host may be ours', async (t) => {
  const body = { mediaUrl: 'http://127.0.0.1:9000/a.pdf' }
  t.equal(refusalOf(body)?.code, 'MEDIA_URL_REFUSED')
  t.match(read(body, ['127.0.0.1:9000']).request.intent, { intent: 'document' })
})

test('a body that cannot be sent is refused by the paths that are wrong', async (t) => {
  const table: [body: object, code: string, paths: string[]][] = [
    [{}, 'VALIDATION_ERROR', ['body.intent']],
    [{ payloadJson: {} }, 'VALIDATION_ERROR', ['body.payloadJson.intent']],
    [{ text: 'a', foo: 1, bar: 2 }, 'VALIDATION_ERROR', ['body.foo', 'body.bar']],
    [{ text: 'a', payloadJson: { text: 'a' } }, 'VALIDATION_ERROR', ['body.text']],
    [{ intent: 'text', payloadJson: { intent: 'poll' } }, 'VALIDATION_ERROR', ['body.payloadJson.intent']],
    [
      { templateCode: 'a', payloadJson: { templateCode: 'b' } },
      'VALIDATION_ERROR',
      ['body.payloadJson.templateCode'],
    ],
    [{ payloadJson: { intent: 'fax' } }, 'VALIDATION_ERROR', ['body.payloadJson.intent']],
    [{ payloadJson: { intent: 7 } }, 'VALIDATION_ERROR', ['body.payloadJson.intent']],
    [{ latitude: 91, longitude: 'x' }, 'VALIDATION_ERROR', ['body.latitude', 'body.longitude']],
    [{ templateCode: 'a', rendered: {} }, 'VALIDATION_ERROR', ['body.rendered']],
    [{ mediaUrl: FILE, text: 'below' }, 'VALIDATION_ERROR', ['body.text']],
    [{ intent: 'image', uploadId: 'u' }, 'VALIDATION_ERROR', ['body.uploadId']],
    [{ intent: 'image', uploadId: UPLOAD, mediaUrl: FILE }, 'VALIDATION_ERROR', ['body.mediaUrl']],
    [
      { payloadJson: { intent: 'image', media: { url: FILE, uploadId: UPLOAD } } },
      'VALIDATION_ERROR',
      ['body.payloadJson.media.uploadId'],
    ],
    [
      { proposalId: 'P', title: 'T', document: { uploadId: 'u' } },
      'VALIDATION_ERROR',
      ['body.document.uploadId'],
    ],
    [{ mediaUrl: 'http://169.254.169.254/' }, 'MEDIA_URL_REFUSED', ['body.mediaUrl']],
    [{ mediaUrl: 'ftp://files.example/a' }, 'MEDIA_URL_REFUSED', ['body.mediaUrl']],
    [
      { payloadJson: { media: { url: 'https://u:p@files.example/a' } } },
      'MEDIA_URL_REFUSED',
      ['body.payloadJson.media.url'],
    ],
    [
      { contractId: 'C', title: 'T', document: { mediaUrl: 'http://[::1]/' } },
      'MEDIA_URL_REFUSED',
      ['body.document.mediaUrl'],
    ],
  ]
  for (const [body, code, paths] of table) t.same(refusalOf(body), { code, paths }, JSON.stringify(body))
})

test('whatever stands in a body, it is read or refused with paths of its own', async (t) => {
  const member = fc.constantFrom(
    'intent',
    'text',
    'media',
    'mediaUrl',
    'document',
    'components',
    'variables',
    'options',
    'emoji',
    '__proto__',
  )
  const content = fc.dictionary(
    member,
    fc.oneof(fc.jsonValue(), fc.constantFrom('text', 'image', 'template', 'poll')),
  )
  fc.assert(
    fc.property(content, fc.boolean(), (members, inPayload) => {
      const body = CreateOutboundMessage.safeParse({
        to: TO,
        ...(inPayload ? { payloadJson: members } : members),
      })
      fc.pre(body.success)
      const refusal = refusalOf(body.data)
      t.ok(refusal === undefined || refusal.paths.every((path) => path.startsWith('body.')))
    }),
    { numRuns: 200 },
  )
})
