import { test } from 'tap'
import { startTestSimulator } from '../test-simulator.ts'

const ACCOUNT = '5511999990000'
const CUSTOMER = '5511888880001'
const MESSAGES = `/customers/${CUSTOMER}/messages`

/** What a customer can write to be read, and what a Baileys client gets of it. */
const WRITTEN = [
  [
    { type: 'image', caption: 'a picture' },
    { imageMessage: { caption: 'a picture', mimetype: 'image/jpeg' } },
  ],
  [{ type: 'video' }, { videoMessage: { mimetype: 'video/mp4' } }],
  [{ type: 'audio' }, { audioMessage: { ptt: false } }],
  [{ type: 'voice', seconds: 1 }, { audioMessage: { ptt: true, seconds: 1 } }],
  [
    { type: 'document', file: { base64: 'aGVsbG8=', mimetype: 'text/plain' }, fileName: 'hello.txt' },
    { documentMessage: { fileName: 'hello.txt', mimetype: 'text/plain' } },
  ],
  [{ type: 'sticker' }, { stickerMessage: { mimetype: 'image/webp' } }],
  [
    { type: 'location', latitude: -23.5, longitude: -46.6, name: 'Shop' },
    { locationMessage: { degreesLatitude: -23.5, name: 'Shop' } },
  ],
  [{ type: 'contact', name: 'Bia', phones: [CUSTOMER] }, { contactMessage: { displayName: 'Bia' } }],
  [
    { type: 'poll', question: 'When?', options: ['today', 'tomorrow'] },
    { pollCreationMessage: { name: 'When?' } },
  ],
  [{ text: 'gone soon', ephemeralSeconds: 86_400 }, { extendedTextMessage: { text: 'gone soon' } }],
] as const

test('a customer writes every type of message, with a file or the built-in sample', async (t) => {
  const simulator = await startTestSimulator(t)
  const device = await simulator.device(ACCOUNT)
  const got = new Map<string, unknown>()
  const all = Promise.withResolvers<void>()
  device.socket.ev.on('messages.upsert', ({ messages }) => {
    for (const { key, message } of messages) got.set(key.id ?? '', message)
    if (got.size >= WRITTEN.length) all.resolve()
  })

  for (const [index, [content]] of WRITTEN.entries()) {
    const { status } = await simulator.post(MESSAGES, { ...content, id: `TYPE-${index}` })
    t.equal(status, 202, JSON.stringify(content))
  }
  await all.promise
  for (const [index, [, message]] of WRITTEN.entries()) t.match(got.get(`TYPE-${index}`), message)
})

test('a customer reacts to, edits and takes back what is there, and quotes it', async (t) => {
  const simulator = await startTestSimulator(t)
  const device = await simulator.device(ACCOUNT)
  await device.send(`${CUSTOMER}@s.whatsapp.net`, 'How was it?', 'ASKED')
  await device.acks.reached(1)
  const seen = Promise.withResolvers<unknown>()
  device.socket.ev.on('messages.upsert', ({ messages }) => {
    for (const { message } of messages) {
      if (message?.extendedTextMessage?.contextInfo?.stanzaId === 'ASKED') seen.resolve(message)
    }
  })

  await simulator.post(MESSAGES, { text: 'Good', id: 'ANSWER', quoted: { id: 'ASKED' } })
  t.match(await seen.promise, { extendedTextMessage: { text: 'Good' } })
  await simulator.post(MESSAGES, { type: 'reaction', message: { id: 'ASKED' }, emoji: '👍' })
  await simulator.post(MESSAGES, { type: 'edit', message: { id: 'ANSWER' }, text: 'Very good' })

  const chat = `/customers/${CUSTOMER}/chats/${ACCOUNT}/messages`
  t.match(await simulator.get(chat), {
    items: [
      { id: 'ASKED', mine: false, reactions: [{ from: CUSTOMER, emoji: '👍' }] },
      { id: 'ANSWER', mine: true, text: 'Very good', edited: true, quotedId: 'ASKED' },
    ],
  })
  await simulator.post(MESSAGES, { type: 'revoke', message: { id: 'ANSWER' } })
  t.match(await simulator.get(chat), { items: [{}, { id: 'ANSWER', revoked: true, text: null }] })
})

test('what cannot be written is refused with a sentence', async (t) => {
  const simulator = await startTestSimulator(t)
  await simulator.device(ACCOUNT)
  const refusals = [
    [{}, 'VALIDATION_ERROR'],
    [{ type: 'song', text: 'la' }, 'VALIDATION_ERROR'],
    [{ type: 'image', file: { base64: 'not base64!' } }, 'VALIDATION_ERROR'],
    [{ type: 'poll', question: 'One?', options: ['one'] }, 'VALIDATION_ERROR'],
    [{ text: 'hello', to: CUSTOMER }, 'NOT_FOUND'],
    [{ type: 'revoke', message: { id: 'NONE' } }, 'MESSAGE_NOT_FOUND'],
  ] as const
  for (const [body, code] of refusals) {
    t.match((await simulator.post(MESSAGES, body)).body, { error: { code } }, JSON.stringify(body))
  }
})
