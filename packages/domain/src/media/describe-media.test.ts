import { MessageMedia } from '@carteiro/contracts/media'
import fc from 'fast-check'
import t from 'tap'
import { describeMedia, writtenMedia } from './describe-media.ts'
import { readWrittenFile, writtenSha256 } from './written-file.ts'

const described = (type: string, media: unknown, metadata: object = {}) =>
  describeMedia({ type, content: { media }, metadata })

t.test('a file is announced with what its sender claims, before a byte of it is here', async (t) => {
  const media = {
    mimetype: 'Audio/OGG; codecs=opus',
    fileLength: 4_321,
    seconds: 7,
    directPath: '/v/1',
    mediaKey: 'a2V5',
  }
  t.same(described('audio', media), {
    state: 'pending',
    type: 'audio',
    mimeType: 'audio/ogg',
    size: 4_321,
    fileName: null,
    sha256: null,
    seconds: 7,
    width: null,
    height: null,
    reason: null,
  })
})

t.test('what is no file has none: a text costs nothing', async (t) => {
  for (const type of ['text', 'location', 'poll', 'undecryptable', 'revoked', 'call']) {
    t.equal(described(type, { directPath: '/v/1', mediaKey: 'a2V5' }), null, type)
  }
})

t.test('there is a source, or the file has failed at once and says so', async (t) => {
  const cloud = { source: 'cloud_api' }
  const sources: [string, unknown, object, string | null | undefined, string | null][] = [
    ['sealed', { directPath: '/v/1', mediaKey: 'a2V5' }, {}, null, null],
    ['sealed, by an address', { url: 'https://mmg.whatsapp.net/1', mediaKey: 'a2V5' }, {}, null, null],
    ['its bytes came with it', { base64: 'aGVsbG8gaGVsbG8gaGVsbG8=' }, {}, null, null],
    ['the same as a URL', { data: 'data:image/png;base64,aGVsbG8gaGVsbG8=' }, {}, null, null],
    ['something else in its place', { data: 'https://example.test/1' }, {}, null, 'no_source'],
    ['the broker is asked by the message', undefined, {}, undefined, null],
    ['an address alone, and no message to ask by', { url: 'https://example.test/1' }, {}, null, 'no_source'],
    ['a Cloud id', { id: '123' }, cloud, undefined, null],
    ['a Cloud file without id', { mimetype: 'image/png' }, cloud, undefined, 'no_source'],
    ['a Cloud address', { url: 'https://example.test/1' }, cloud, undefined, 'no_source'],
  ]
  for (const [name, media, metadata, providerMessageId, reason] of sources) {
    const found = describeMedia({ type: 'image', content: { media }, metadata, providerMessageId })
    t.match(found, { state: reason === null ? 'pending' : 'failed', reason }, name)
  }
})

t.test('a name is a name: no folders, nothing that turns it around', async (t) => {
  const names: [string, string | null][] = [
    ['contract.pdf', 'contract.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\ana\\foto.jpg', 'foto.jpg'],
    ['photo\u202Egpj.exe', 'photogpj.exe'],
    ['a\u0000\nb\u2028.txt', 'ab.txt'],
    ['..', null],
    [' ', null],
    ['nota fiscal — março.pdf', 'nota fiscal — março.pdf'],
  ]
  for (const [fileName, expected] of names) t.equal(described('document', { fileName })?.fileName, expected)
  t.equal(described('document', { fileName: '😀'.repeat(300) })?.fileName, '😀'.repeat(255))
})

t.test('what a stranger writes as a file is read into the shape or left out, whatever it is', async () => {
  const keys = ['id', 'mimetype', 'fileName', 'fileLength', 'seconds', 'width', 'fileSha256', 'base64', 'url']
  const media = fc.oneof(
    fc.anything(),
    fc.dictionary(fc.constantFrom(...keys), fc.oneof(fc.anything(), fc.string(), fc.double(), fc.integer())),
  )
  fc.assert(
    fc.property(fc.constantFrom('image', 'document', 'text'), media, (type, written) => {
      const found = described(type, written)
      return found === null ? type === 'text' : MessageMedia.safeParse(found).success
    }),
  )
})

t.test('a hash is read as WhatsApp writes it and as Meta does', async (t) => {
  const bytes = Buffer.alloc(32, 7)
  const hashOf = (media: object) => writtenSha256(readWrittenFile({ media }))
  t.equal(hashOf({ fileSha256: bytes.toString('base64') }), bytes.toString('hex'))
  t.equal(hashOf({ sha256: bytes.toString('hex').toUpperCase() }), bytes.toString('hex'))
  for (const sha256 of ['', 'short', 'x'.repeat(64), 12, undefined]) t.equal(hashOf({ sha256 }), null)
})

t.test('a message that is written over keeps its file, unless it was revoked', async (t) => {
  const before = described('image', { fileName: 'before.png' })
  const next = { content: { media: { fileName: 'after.png' } }, metadata: {} }
  t.match(JSON.parse(writtenMedia({ ...next, type: 'image' }, before) ?? ''), { fileName: 'before.png' })
  t.match(JSON.parse(writtenMedia({ ...next, type: 'image' }, null) ?? ''), { fileName: 'after.png' })
  t.equal(writtenMedia({ ...next, type: 'revoked' }, before), null)
})
