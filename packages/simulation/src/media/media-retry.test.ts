import { randomBytes } from 'node:crypto'
import {
  type BinaryNode,
  decodeMediaRetryNode,
  decryptMediaRetryData,
  encryptMediaRetryRequest,
} from '@whiskeysockets/baileys'
import { test } from 'tap'
import { isSealedWith, type MediaRetryOutcome, mediaRetryAnswer, readMediaRetry } from './media-retry.ts'

const COMPANION = '5511900000000:7@s.whatsapp.net'
const mediaKey = randomBytes(32)
const key = { id: '3A01', remoteJid: '123@g.us', fromMe: false, participant: '5511988887777@s.whatsapp.net' }

/** What Baileys asks, as the server hands it to the phone. */
function asked(changes: Partial<typeof key> = {}): BinaryNode {
  const node = encryptMediaRetryRequest({ ...key, ...changes }, mediaKey, COMPANION)
  return { ...node, attrs: { ...node.attrs, from: COMPANION } }
}

function read(node: BinaryNode) {
  const retry = readMediaRetry(node)
  if (!retry) throw new Error('this is no request')
  return retry
}

test('what Baileys asks for is read, and proven by the message\u2019s key', async (t) => {
  const retry = read(asked())
  const { id, remoteJid: chat, fromMe, participant } = key
  t.match(retry, { id, chat, fromMe, participant, from: COMPANION })
  t.ok(isSealedWith(retry, mediaKey))
  t.notOk(isSealedWith(retry, randomBytes(32)))
  t.notOk(isSealedWith({ ...retry, id: '3A02' }, mediaKey), 'for another message')
  t.notOk(isSealedWith({ ...retry, ciphertext: randomBytes(3) }, mediaKey))
})

test('Baileys reads where the file is after it was uploaded again', async (t) => {
  const answer = mediaRetryAnswer(read(asked()), { kind: 'uploaded', mediaKey, directPath: '/v/new' })
  t.match(answer.attrs, { to: COMPANION, type: 'mediaretry', id: key.id })
  const update = decodeMediaRetryNode(answer)
  t.match(update.key, key)
  if (!update.media) throw new Error('the answer tells of no file')
  t.match(decryptMediaRetryData(update.media, mediaKey, key.id), { directPath: '/v/new', result: 1 })
})

const refusals: [MediaRetryOutcome, status: number][] = [
  [{ kind: 'not_found' }, 404],
  [{ kind: 'undecryptable' }, 412],
]
for (const [outcome, statusCode] of refusals) {
  test(`Baileys reads that the file is not uploaded again: ${outcome.kind}`, async (t) => {
    const update = decodeMediaRetryNode(mediaRetryAnswer(read(asked({ fromMe: true })), outcome))
    t.match(update, { key: { id: key.id, fromMe: true }, error: { output: { statusCode } } })
  })
}

test('what is no such request is not read as one', async (t) => {
  const good = asked()
  const content = Array.isArray(good.content) ? good.content : []
  const bad: BinaryNode[] = [
    { ...good, tag: 'message' },
    { ...good, attrs: { ...good.attrs, type: 'read' } },
    { ...good, attrs: { type: 'server-error', from: COMPANION } },
    { ...good, content: content.slice(1) },
    { ...good, content: content.slice(0, 1) },
    { ...good, content: 'text' },
    { tag: 'receipt', attrs: {} },
  ]
  for (const node of bad) t.equal(readMediaRetry(node), undefined)
})
