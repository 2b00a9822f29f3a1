import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'tap'
import { notWhatItSays, sniffMedia, whyNotMedia } from './sniff-media.ts'
import type { MediaMessage } from './to-media-content.ts'

const SAMPLES = path.join(import.meta.dirname, '../../../../../packages/simulation/src/control/samples')
const sample = (name: string) => readFileSync(path.join(SAMPLES, name))
const HTML = Buffer.from('<!doctype html><title>Please log in</title>')
const UNKNOWN = Buffer.from([0, 1, 2, 3, 254, 255])

const table: [type: MediaMessage['type'], mimeType: string | undefined, bytes: Buffer, fits: boolean][] = [
  ['image', undefined, sample('picture.jpg'), true],
  ['image', 'image/png', sample('picture.jpg'), true],
  ['image', undefined, sample('paper.pdf'), false],
  ['image', undefined, sample('video.mp4'), false],
  ['image', 'image/jpeg', HTML, false],
  ['image', undefined, UNKNOWN, true],
  ['video', undefined, sample('video.mp4'), true],
  ['video', undefined, sample('sound.mp3'), false],
  ['audio', undefined, sample('sound.mp3'), true],
  ['audio', undefined, sample('voice.ogg'), true],
  ['audio', undefined, sample('picture.jpg'), false],
  ['audio', undefined, HTML, false],
  ['sticker', undefined, sample('sticker.webp'), true],
  ['sticker', undefined, sample('picture.jpg'), false],
  ['document', 'application/pdf', sample('paper.pdf'), true],
  ['document', 'application/pdf', HTML, false],
  ['document', 'image/png', sample('paper.pdf'), false],
  ['document', 'text/html', HTML, true],
  ['document', undefined, HTML, true],
  ['document', 'application/zip', UNKNOWN, true],
]
for (const [type, mimeType, bytes, fits] of table) {
  const what = `${type}${mimeType ? ` (${mimeType})` : ''} of ${bytes.subarray(0, 8).toString('latin1')}`
  test(`${JSON.stringify(what)} is ${fits ? 'taken' : 'refused, with the reason'}`, async (t) => {
    const media = { base64: 'AAAA', ...(mimeType ? { mimeType } : {}) }
    const message: MediaMessage = { to: '5511988887777', type, media }
    const sentence = whyNotMedia(message, await sniffMedia(bytes))
    t.equal(sentence === undefined, fits, sentence ?? what)
    if (sentence !== undefined) t.match(sentence, /^The file is said to be .+, and is .+\.$/)
  })
}

test('a file on disk is looked at as bytes are', async (t) => {
  t.match(await sniffMedia({ url: path.join(SAMPLES, 'picture.jpg') }), {
    found: 'image/jpeg',
    isText: false,
  })
})

test('own bytes that are something else are a fault of the request, a host\u2019s are one of the host', async (t) => {
  const message = (media: MediaMessage['media']): MediaMessage => ({ to: '1', type: 'image', media })
  t.match(notWhatItSays(message({ base64: 'AAAA' }), 'why'), { code: 'INVALID_PAYLOAD', status: 400 })
  t.match(notWhatItSays(message({ url: 'https://a' }), 'why'), { code: 'MEDIA_FETCH_FAILED', status: 422 })
})
