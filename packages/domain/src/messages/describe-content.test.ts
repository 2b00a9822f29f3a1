import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { describeContent } from './describe-content.ts'

t.test('messages are described as a person would', async (t) => {
  const table: [name: string, message: Record<string, unknown>, type: string, text: string | null][] = [
    // The sample of the broker contracts: a picture, and its text beside it.
    ['the sample', { conversation: 'Oi!', imageMessage: { mimetype: 'image/jpeg' } }, 'image', 'Oi!'],
    ['plain text', { conversation: 'Oi!' }, 'text', 'Oi!'],
    ['type and text', { type: 'text', text: 'Oi!' }, 'text', 'Oi!'],
    ['a broker\u2019s own type', { type: 'poll', text: 'Which?' }, 'poll', 'Which?'],
    ['extended text', { extendedTextMessage: { text: 'Oi!' } }, 'text', 'Oi!'],
    ['a caption', { imageMessage: { caption: 'The house' } }, 'image', 'The house'],
    ['a video without words', { videoMessage: { seconds: 3 } }, 'video', null],
    ['a voice message', { audioMessage: { ptt: true } }, 'audio', null],
    ['a document', { documentMessage: { fileName: 'a.pdf', caption: 'Read it' } }, 'document', 'Read it'],
    ['a sticker', { stickerMessage: {} }, 'sticker', null],
    ['a place', { locationMessage: { degreesLatitude: 1 } }, 'location', null],
    ['a contact', { contactMessage: { displayName: 'Maria' } }, 'contact', null],
    ['text and an empty conversation', { conversation: '', text: 'Oi!' }, 'text', 'Oi!'],
    ['nothing', {}, 'text', null],
    ['members of a wrong kind', { conversation: 7, imageMessage: null, type: 9 }, 'text', null],
  ]
  for (const [name, message, type, text] of table) t.same(describeContent(message), { type, text }, name)
})

t.test('no object, however strange, breaks the description', async (t) => {
  const keys = ['text', 'conversation', 'extendedTextMessage', 'imageMessage', 'type', 'caption']
  const message = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue())
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(message, (content) => {
        const { type, text } = describeContent(content as Record<string, unknown>)
        assert.equal(typeof type, 'string')
        assert.ok(type !== '' && text !== '')
      }),
    ),
  )
})
