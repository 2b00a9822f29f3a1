import fc from 'fast-check'
import t from 'tap'
import { INTENT_NAMES, Intent, type IntentName, intentText } from './intent.ts'
import { fileOf } from './intents/file.ts'
import { renderForPhone, renderIntent } from './intents/render-intent.ts'
import { RequestedIntent } from './requested-intent.ts'

const URL_ = 'https://files.example/a.pdf'

/** One of each, and what a list shows of it. */
const GOOD: [intent: { intent: IntentName } & Record<string, unknown>, text: string][] = [
  [{ intent: 'text', text: 'Olá', previewUrl: true }, 'Olá'],
  [
    { intent: 'template', templateCode: 'welcome', language: 'pt_BR', variables: { name: 'Ana', '1': 2 } },
    'welcome',
  ],
  [
    { intent: 'template', templateCode: 'welcome', components: [{ type: 'body', parameters: [{ a: 1 }] }] },
    'welcome',
  ],
  [
    {
      intent: 'document',
      mediaUrl: URL_,
      caption: 'The file',
      fileName: 'a.pdf',
      mimeType: 'application/pdf',
    },
    'The file',
  ],
  [{ intent: 'document', media: { url: URL_, fileName: 'a.pdf' } }, 'a.pdf'],
  [{ intent: 'image', media: { base64: 'aGk=', mimeType: 'image/png' } }, 'image'],
  [{ intent: 'video', mediaUrl: URL_, mimeType: 'video/mp4' }, 'video'],
  [{ intent: 'audio', mediaUrl: URL_, mimeType: 'audio/ogg; codecs=opus', ptt: true }, 'audio'],
  [{ intent: 'sticker', mediaUrl: URL_ }, 'sticker'],
  [{ intent: 'location', latitude: -23.5, longitude: -46.6 }, '-23.5, -46.6'],
  [{ intent: 'location', latitude: 90, longitude: 180, name: 'Office', address: 'Rua A, 1' }, 'Office'],
  [
    { intent: 'contact', fullName: 'Ana Lima', phones: ['+55 11 95555-0001'], emails: ['ana@example.com'] },
    'Ana Lima',
  ],
  [{ intent: 'poll', question: 'When?', options: ['Today', 'Tomorrow'], selectableCount: 1 }, 'When?'],
  [{ intent: 'reaction', messageId: '3EB0A', emoji: '\u2764' }, '\u2764'],
  [{ intent: 'reaction', messageId: '3EB0A', emoji: '' }, 'reaction'],
  [
    { intent: 'proposta', proposalId: 'P-1', title: 'Proposal 1', document: { mediaUrl: URL_ } },
    'Proposal 1',
  ],
  [
    { intent: 'contrato', contractId: 'C-1', title: 'Contract 1', message: 'Sign here', link: URL_ },
    'Contract 1',
  ],
]

const BAD: [intent: Record<string, unknown>, path: string][] = [
  [{ intent: 'fax', text: 'a' }, 'intent'],
  [{ intent: 'text', text: '' }, 'text'],
  [{ intent: 'text', text: 'a\0' }, 'text'],
  [{ intent: 'text', text: 'a'.repeat(65_537) }, 'text'],
  [{ intent: 'text', text: 'a', caption: 'b' }, ''],
  [{ intent: 'template', templateCode: 'Not A Code' }, 'templateCode'],
  [{ intent: 'template', templateCode: 'a', language: 'portuguese' }, 'language'],
  [{ intent: 'template', templateCode: 'a', variables: { 'no name': 'x' } }, 'variables.no name'],
  [{ intent: 'template', templateCode: 'a', variables: { x: true } }, 'variables.x'],
  [
    { intent: 'template', templateCode: 'a', variables: { x: { amount: 1, currency: 'real' } } },
    'variables.x.currency',
  ],
  [{ intent: 'template', templateCode: 'a', components: [{ text: 'a\0' }] }, 'components.0'],
  [{ intent: 'image' }, 'mediaUrl'],
  [{ intent: 'image', mediaUrl: URL_, media: { url: URL_ } }, 'mediaUrl'],
  [{ intent: 'image', mediaUrl: 'not a url' }, 'mediaUrl'],
  [{ intent: 'image', mediaUrl: `https://x.example/${'a'.repeat(2_048)}` }, 'mediaUrl'],
  [{ intent: 'image', mediaUrl: URL_, mimeType: 'video/mp4' }, 'mimeType'],
  [{ intent: 'image', mediaUrl: URL_, caption: 'a'.repeat(1_025) }, 'caption'],
  [{ intent: 'image', media: { url: URL_, base64: 'aGk=' } }, 'media.url'],
  [{ intent: 'image', media: { base64: 'not base64!' } }, 'media.base64'],
  [{ intent: 'document', mediaUrl: URL_, fileName: 'a\nb.pdf' }, 'fileName'],
  [{ intent: 'document', mediaUrl: URL_, mimeType: 'a/b\r\nX: y' }, 'mimeType'],
  [{ intent: 'audio', mediaUrl: URL_, caption: 'not shown' }, ''],
  [{ intent: 'sticker', mediaUrl: URL_, mimeType: 'image/png' }, 'mimeType'],
  [{ intent: 'location', latitude: 90.1, longitude: 0 }, 'latitude'],
  [{ intent: 'location', latitude: 0, longitude: -180.1 }, 'longitude'],
  [{ intent: 'contact', fullName: 'Ana\nTEL:1', phones: ['5511955550001'] }, 'fullName'],
  [{ intent: 'contact', fullName: 'Ana', phones: [] }, 'phones'],
  [{ intent: 'contact', fullName: 'Ana', phones: ['call me'] }, 'phones.0'],
  [{ intent: 'poll', question: 'When?', options: ['Today'] }, 'options'],
  [{ intent: 'poll', question: 'When?', options: ['Today', 'Today'] }, 'options'],
  [{ intent: 'poll', question: 'When?', options: Array.from({ length: 13 }, String) }, 'options'],
  [{ intent: 'poll', question: 'When?', options: ['a', 'b'], selectableCount: 3 }, 'selectableCount'],
  [{ intent: 'reaction', messageId: 'a', emoji: 'ok' }, 'emoji'],
  [{ intent: 'reaction', messageId: 'a', emoji: '\u{1f44d}\u{1f44d}' }, 'emoji'],
  [{ intent: 'proposta', proposalId: 'P-1', title: 'T' }, 'document'],
  [{ intent: 'proposta', proposalId: 'P-1', title: 'T', document: {} }, 'document.mediaUrl'],
  [{ intent: 'contrato', contractId: 'C-1', title: 'T', link: 'javascript:alert(1)' }, 'link'],
  [
    { intent: 'contrato', contractId: 'C-1', title: 'T', link: URL_, document: { mediaUrl: URL_ } },
    'document',
  ],
]

t.test('each intent is taken as it is given, and shown in a list', async (t) => {
  for (const [intent, text] of GOOD) {
    const parsed = RequestedIntent.parse(intent)
    t.same(parsed, intent, intent.intent)
    t.same(Intent.parse(parsed), parsed, 'what is stored is read again')
    t.equal(intentText(parsed), text)
  }
  t.same([...new Set(GOOD.map(([{ intent }]) => intent))].sort(), [...INTENT_NAMES].sort(), 'all are here')
})

t.test('what breaks a limit, or is not a member, is named by its path', async (t) => {
  for (const [intent, path] of BAD) {
    const { error } = RequestedIntent.safeParse(intent)
    t.same(
      error?.issues.map((issue) => issue.path.join('.')),
      [path],
      JSON.stringify(intent).slice(0, 80),
    )
  }
})

t.test('what is written when a message is queued is not taken from a client', async (t) => {
  const rendered = { version: 1, language: 'en', text: 'a', provider: { name: 'a', components: [] } }
  const target = { providerMessageId: 'x', fromMe: true }
  for (const intent of [
    { intent: 'template', templateCode: 'a', rendered },
    { intent: 'reaction', messageId: 'a', emoji: '', target },
  ]) {
    t.ok(Intent.safeParse(intent).success)
    t.notOk(RequestedIntent.safeParse(intent).success)
  }
})

t.test('one emoji of any kind is a reaction, text is none', async (t) => {
  const emoji = [
    '\u{1f44d}',
    '\u{1f44d}\u{1f3fd}',
    '\u2764\ufe0f',
    '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
    '\u{1f1e7}\u{1f1f7}',
    '1\ufe0f\u20e3',
  ]
  for (const one of emoji)
    t.ok(Intent.safeParse({ intent: 'reaction', messageId: 'a', emoji: one }).success, one)
  fc.assert(
    fc.property(fc.stringMatching(/^[\w .*#]{1,10}$/), (text) => {
      return !Intent.safeParse({ intent: 'reaction', messageId: 'a', emoji: text }).success
    }),
  )
})

t.test('a language is one, however it is spelled', async (t) => {
  for (const language of ['pt_BR', 'pt-br', 'PT-BR']) {
    t.match(Intent.parse({ intent: 'template', templateCode: 'a', language }), { language: 'pt_BR' })
  }
})

t.test('a file is found where it was written down, and what stands at the intent goes first', async (t) => {
  t.same(fileOf({ mediaUrl: URL_, mimeType: 'image/png' }), {
    source: { url: URL_ },
    mimeType: 'image/png',
    fileName: undefined,
  })
  t.same(fileOf({ media: { base64: 'aGk=', fileName: 'inner', mimeType: 'image/png' }, fileName: 'outer' }), {
    source: { base64: 'aGk=' },
    mimeType: 'image/png',
    fileName: 'outer',
  })
})

t.test('business documents go out as a document, or as a text that ends with the link', async (t) => {
  const document = { mediaUrl: URL_, fileName: 'p.pdf', mimeType: 'application/pdf' }
  const proposta = Intent.parse({
    intent: 'proposta',
    proposalId: 'P-1',
    title: 'Proposal',
    message: 'Please read',
    document,
  })
  t.same(renderIntent(proposta), { intent: 'document', ...document, caption: 'Proposal\n\nPlease read' })
  const contrato = Intent.parse({ intent: 'contrato', contractId: 'C-1', title: 'Contract', link: URL_ })
  t.same(renderIntent(contrato), { intent: 'text', text: `Contract\n\n${URL_}` })
})

t.test('whatever is accepted can be rendered into what WhatsApp takes, the same each time', async (t) => {
  const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 })
  fc.assert(
    fc.property(words, fc.option(words, { nil: undefined }), fc.boolean(), (title, message, hasLink) => {
      const where = hasLink ? { link: URL_ } : { document: { mediaUrl: URL_ } }
      const parsed = RequestedIntent.safeParse({
        intent: 'proposta',
        proposalId: '1',
        title,
        message,
        ...where,
      })
      fc.pre(parsed.success)
      const rendered = renderIntent(parsed.data)
      t.same(renderIntent(parsed.data), rendered)
      return Intent.safeParse(rendered).success
    }),
  )
})

t.test('a phone gets a template as the text that was accepted', async (t) => {
  const rendered = {
    version: 3,
    language: 'en',
    text: 'Hello Ana',
    provider: { name: 'welcome', components: [] },
  }
  const template = Intent.parse({ intent: 'template', templateCode: 'welcome', rendered })
  t.same(renderForPhone(template), { intent: 'text', text: 'Hello Ana' })
  t.equal(intentText(template), 'Hello Ana')
  t.throws(() => renderForPhone({ intent: 'template', templateCode: 'welcome' }), /welcome/)
})
