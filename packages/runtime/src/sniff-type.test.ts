import fc from 'fast-check'
import t from 'tap'
import { SNIFF_BYTES, sniffType, UNKNOWN_TYPE } from './sniff-type.ts'

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk', 'base64')
const ZIP = Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(60, 'a')])
const COMPOUND = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0, 0])
const MP4 = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypmp42\0\0\0\0mp42isom')])
const OGG = Buffer.concat([
  Buffer.from('OggS\0\u0002'),
  Buffer.alloc(20),
  Buffer.from([1, 19]),
  Buffer.from('OpusHead'),
])
const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'

t.test('a file is what its bytes say, whatever is claimed', async (t) => {
  const files: [string, string | Buffer, string | null, string][] = [
    ['a picture', PNG, 'image/jpeg', 'image/png'],
    ['a picture of which nothing is claimed', PNG, null, 'image/png'],
    ['a page as a picture', '<!doctype html><script>alert(1)</script>', 'image/jpeg', UNKNOWN_TYPE],
    ['a page as itself', '<!doctype html><html>', 'text/html', UNKNOWN_TYPE],
    ['a page as a text', '<!doctype html><html>', 'text/plain', 'text/plain'],
    ['a drawing that may run', '<?xml version="1.0"?><svg xmlns="x"/>', 'image/svg+xml', UNKNOWN_TYPE],
    ['the same without a head', '<svg onload="alert(1)"/>', 'image/svg+xml', UNKNOWN_TYPE],
    ['a program as a picture', Buffer.from('MZ\u0090\0\u0003'), 'image/png', 'application/x-msdownload'],
    ['a script', 'alert(1)', 'text/javascript', UNKNOWN_TYPE],
    ['a portable document', '%PDF-1.7\n', 'image/png', 'application/pdf'],
    ['a voice', OGG, 'audio/ogg', 'audio/ogg'],
    ['an Office file', ZIP, DOCX, DOCX],
    ['a zip as a page', ZIP, 'text/html', 'application/zip'],
    ['an older Office file', COMPOUND, 'application/msword', 'application/msword'],
    ['an older Office file as a picture', COMPOUND, 'image/png', 'application/x-cfb'],
    ['a sound in a film’s container', MP4, 'audio/mp4', 'audio/mp4'],
    ['a film', MP4, 'video/mp4', 'video/mp4'],
    ['a text', 'name;phone\nAna;1', 'text/csv', 'text/csv'],
    ['bytes as a text', Buffer.from([1, 2, 0, 3]), 'text/plain', UNKNOWN_TYPE],
    ['bytes of which nothing is known', 'hello', null, UNKNOWN_TYPE],
  ]
  for (const [name, bytes, claimed, expected] of files) {
    t.equal(await sniffType(Buffer.from(bytes), claimed), expected, name)
  }
})

t.test('whatever bytes come, and whatever is claimed: it is never a page or a script', async () => {
  const claims = ['text/html', 'image/svg+xml', 'application/xhtml+xml', 'text/javascript', 'text/xml', null]
  const starts = [
    '<?xml ',
    '<html>',
    'PK\u0003\u0004',
    'GIF89a',
    'RIFF',
    'ftyp',
    'OggS',
    '\u001a\u0045\u00df\u00a3',
    '',
  ]
  const bytes = fc
    .tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: SNIFF_BYTES }))
    .map(([start, rest]) => Buffer.concat([Buffer.from(start, 'latin1'), rest]))
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom(...claims), async (head, claimed) => {
      return !/html|svg|script|^(text|application)\/xml$/.test(await sniffType(head, claimed))
    }),
  )
})
