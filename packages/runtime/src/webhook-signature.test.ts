import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { SIGNATURE_MAX_AGE_MS, signWebhook, verifyWebhook } from './webhook-signature.ts'

const SECRET = 'a secret of the broker'
const NOW_MS = 1_714_655_100_000
const now = NOW_MS / 1000
const plainHex = (body: string | Buffer) => createHmac('sha256', SECRET).update(body).digest('hex')

const id = fc.uuid()
const timestamp = fc.integer({ min: now - 299, max: now + 299 })
const body = fc.string({ unit: 'binary' })

t.test('what was signed is valid for as long as the signature is young', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(id, timestamp, body, (id, timestamp, body) => {
        const headers = signWebhook(SECRET, { id, timestamp, body })
        assert.equal(verifyWebhook(SECRET, { ...headers }, Buffer.from(body), NOW_MS), 'valid')
      }),
    ),
  )
})

t.test('one changed byte of the body makes the signature invalid', async (t) => {
  const position = fc.tuple(fc.uint8Array({ minLength: 1 }), fc.nat(), fc.integer({ min: 1, max: 255 }))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(id, timestamp, position, (id, timestamp, [bytes, at, flip]) => {
        const signature = createHmac('sha256', SECRET)
          .update(`${timestamp}.${id}.`)
          .update(bytes)
          .digest('hex')
        const headers = {
          'x-webhook-id': id,
          'x-webhook-timestamp': String(timestamp),
          'x-webhook-signature': signature,
        }
        assert.equal(verifyWebhook(SECRET, headers, Buffer.from(bytes), NOW_MS), 'valid')
        const changed = Buffer.from(bytes)
        changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ flip
        assert.equal(verifyWebhook(SECRET, headers, changed, NOW_MS), 'invalid')
      }),
    ),
  )
})

t.test('another id, time or secret makes the signature invalid', async (t) => {
  const headers = { ...signWebhook(SECRET, { id: 'event-1', timestamp: now, body: '{}' }) }
  const judge = (changed: object, secret = SECRET) =>
    verifyWebhook(secret, { ...headers, ...changed }, Buffer.from('{}'), NOW_MS)
  t.equal(judge({}), 'valid')
  t.equal(judge({ 'x-webhook-id': 'event-2' }), 'invalid')
  t.equal(judge({ 'x-webhook-timestamp': String(now + 1) }), 'invalid')
  t.equal(judge({ 'x-webhook-id': undefined }), 'invalid', 'an id cannot be left out')
  t.equal(judge({ 'x-webhook-timestamp': undefined }), 'invalid', 'nor the time, to outlive its age')
  t.equal(judge({}, `${SECRET}!`), 'invalid')
  t.equal(judge({ 'x-webhook-signature': 'sha256=' }), 'invalid')
  t.equal(judge({ 'x-webhook-signature': '' }), 'invalid')
})

t.test('every header that brokers in the field use is read, with the prefix and without', async (t) => {
  const bytes = Buffer.from('{"a":1}')
  const hex = plainHex(bytes)
  for (const name of [
    'x-webhook-signature',
    'x-webhook-signature-sha256',
    'x-signature',
    'x-signature-sha256',
  ]) {
    for (const value of [hex, `sha256=${hex}`, `SHA256=${hex.toUpperCase()}`]) {
      t.equal(
        verifyWebhook(SECRET, { [name]: value }, bytes, NOW_MS),
        'valid',
        `${name}: ${value.slice(0, 9)}`,
      )
    }
    t.equal(verifyWebhook(SECRET, { [name]: plainHex('other') }, bytes, NOW_MS), 'invalid', name)
  }
})

t.test('a signature older or newer than five minutes is expired, to the millisecond', async (t) => {
  const headers = { ...signWebhook(SECRET, { id: 'event-1', timestamp: now, body: '{}' }) }
  const at = (nowMs: number) => verifyWebhook(SECRET, headers, Buffer.from('{}'), nowMs)
  t.equal(at(NOW_MS + SIGNATURE_MAX_AGE_MS), 'valid')
  t.equal(at(NOW_MS + SIGNATURE_MAX_AGE_MS + 1), 'expired')
  t.equal(at(NOW_MS - SIGNATURE_MAX_AGE_MS), 'valid')
  t.equal(at(NOW_MS - SIGNATURE_MAX_AGE_MS - 1), 'expired')
})

t.test('a signed time that is no time is never young', async (t) => {
  // `t.id.` may be split elsewhere: an old `1714.evt` + `.9.` reads as the time `1714.evt` and the id `9`.
  const { 'x-webhook-signature': signature } = signWebhook(SECRET, {
    id: 'evt.9',
    timestamp: 1_600_000_000,
    body: '{}',
  })
  const headers = {
    'x-webhook-signature': signature,
    'x-webhook-timestamp': '1600000000.evt',
    'x-webhook-id': '9',
  }
  t.equal(verifyWebhook(SECRET, headers, Buffer.from('{}'), NOW_MS), 'expired')
})

t.test('without a signature there is none to judge', async (t) => {
  const headers = {
    'x-webhook-id': 'event-1',
    'x-webhook-timestamp': String(now),
    'x-api-key': plainHex('{}'),
  }
  t.equal(verifyWebhook(SECRET, headers, Buffer.from('{}'), NOW_MS), 'missing')
})
