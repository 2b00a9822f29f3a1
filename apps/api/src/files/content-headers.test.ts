import assert from 'node:assert/strict'
import { parse } from 'content-disposition'
import fc from 'fast-check'
import t from 'tap'
import { contentHeaders, type DescribedFile } from './content-headers.ts'

const ID = '0192f0c8-0000-7000-8000-000000000000'

const headersOf = (facts: Partial<DescribedFile>) =>
  contentHeaders({ id: ID, type: 'document', mimeType: null, fileName: null, ...facts })
const dispositionOf = (facts: Partial<DescribedFile>) => parse(headersOf(facts)['content-disposition'] ?? '')

t.test('only what cannot run is shown, everything else is a file to save', async (t) => {
  const table: [mimeType: string | null, sent: string, shown: 'inline' | 'attachment'][] = [
    ['image/jpeg', 'image/jpeg', 'inline'],
    ['image/png', 'image/png', 'inline'],
    ['image/gif', 'image/gif', 'inline'],
    ['image/webp', 'image/webp', 'inline'],
    ['video/mp4', 'video/mp4', 'inline'],
    ['video/webm', 'video/webm', 'inline'],
    ['audio/mpeg', 'audio/mpeg', 'inline'],
    ['audio/mp4', 'audio/mp4', 'inline'],
    ['audio/ogg', 'audio/ogg', 'inline'],
    ['audio/ogg; codecs=opus', 'audio/ogg; codecs=opus', 'inline'],
    ['IMAGE/JPEG', 'image/jpeg', 'inline'],
    ['application/pdf', 'application/pdf', 'attachment'],
    ['image/svg+xml', 'image/svg+xml', 'attachment'],
    ['text/html', 'text/html', 'attachment'],
    ['text/html;image/jpeg', 'application/octet-stream', 'attachment'],
    ['application/xhtml+xml', 'application/xhtml+xml', 'attachment'],
    ['text/xml', 'text/xml', 'attachment'],
    ['image/jpegx', 'image/jpegx', 'attachment'],
    ['image/jpeg\r\nset-cookie: a=b', 'application/octet-stream', 'attachment'],
    ['nonsense', 'application/octet-stream', 'attachment'],
    ['', 'application/octet-stream', 'attachment'],
    [null, 'application/octet-stream', 'attachment'],
  ]
  for (const [mimeType, sent, shown] of table) {
    const headers = headersOf({ mimeType })
    t.equal(headers['content-type'], sent, String(mimeType))
    t.equal(dispositionOf({ mimeType }).type, shown, String(mimeType))
    t.match(headers, {
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
    })
  }
})

t.test('a name arrives as it was given, but for what deceives', async (t) => {
  const table: [given: string | null, name: string][] = [
    ['contract.pdf', 'contract.pdf'],
    ['Or\u00e7amento \u2013 2\u00aa vers\u00e3o.pdf', 'Or\u00e7amento \u2013 2\u00aa vers\u00e3o.pdf'],
    ['\u5951\u7d04\u66f8.pdf', '\u5951\u7d04\u66f8.pdf'],
    ['100% "sure".pdf', '100% "sure".pdf'],
    ['back\\slash', 'back_slash'],
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['evil\r\nset-cookie: a=b', 'evilset-cookie: a=b'],
    ['photo\u202egpj.exe', 'photogpj.exe'],
    ['nul\0.txt', 'nul.txt'],
    ['half \ud83d emoji', 'half \ufffd emoji'],
    ['a'.repeat(500), 'a'.repeat(150)],
    ['', `document-${ID}`],
    [' \n', `document-${ID}`],
    [null, `document-${ID}`],
  ]
  for (const [fileName, name] of table) {
    t.equal(dispositionOf({ fileName }).parameters.filename, name, JSON.stringify(fileName))
  }
})

t.test('who reads no UTF-8 gets the name without accents', async (t) => {
  const disposition = headersOf({ fileName: 'V\u00eddeo \u2460\uff0f\ud83d\ude00.mp4' })[
    'content-disposition'
  ]
  t.match(disposition, 'filename="Video 1__.mp4"')
  t.match(
    headersOf({ fileName: 'plain name.pdf' })['content-disposition'],
    /^attachment; filename="plain name.pdf"$/,
  )
})

t.test('what has no name is called by what it is', async (t) => {
  const table: [Partial<DescribedFile>, name: string][] = [
    [{ type: 'image', mimeType: 'image/jpeg' }, `image-${ID}.jpg`],
    [{ type: 'audio', mimeType: 'audio/ogg; codecs=opus' }, `audio-${ID}.ogg`],
    [{ type: 'document', mimeType: 'application/zip' }, `document-${ID}`],
  ]
  for (const [facts, name] of table) t.equal(dispositionOf(facts).parameters.filename, name)
})

t.test('whatever a stranger calls a file or its type, the headers can be sent', async (t) => {
  const name = fc.string({ unit: 'binary', maxLength: 300 })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(name, name, (fileName, mimeType) => {
        for (const value of Object.values(headersOf({ fileName, mimeType })))
          assert.match(value, /^[\x20-\x7e]+$/)
      }),
    ),
  )
})
