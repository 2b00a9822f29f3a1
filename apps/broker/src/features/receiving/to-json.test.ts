import { proto } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { test } from 'tap'
import { toJson } from './to-json.ts'

test('bytes become base64, 64-bit numbers numbers, nothing stays that is null', async (t) => {
  const message = proto.Message.decode(
    proto.Message.encode({
      imageMessage: { caption: 'a cat', fileLength: 12345, mediaKey: Buffer.from('key'), url: null },
    }).finish(),
  )
  t.same(toJson(message), {
    imageMessage: { caption: 'a cat', fileLength: 12345, mediaKey: Buffer.from('key').toString('base64') },
  })
})

test('a thumbnail is kept while it is small', async (t) => {
  const thumbnail = (bytes: number) => toJson({ jpegThumbnail: new Uint8Array(bytes) })
  t.match(thumbnail(100), { jpegThumbnail: /^A+==$/ })
  t.same(thumbnail(16 * 1024 + 1), {})
})

test('whatever a customer writes, PostgreSQL can hold it', async (t) => {
  const text = fc.string({ unit: 'binary' }).map((each) => `${each}\ud800\0`)
  fc.assert(
    fc.property(fc.object({ values: [text], key: text }), (value) => {
      const json = JSON.stringify(toJson(value))
      return json.isWellFormed() && !/\\u0000|\\ud[89a-f]/i.test(json)
    }),
  )
  t.equal(toJson('o\ud83d\ude00k'), 'o\ud83d\ude00k', 'whole emoji stay')
})
