import { buildPairingQRData, initAuthCreds } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { test } from 'tap'
import { parseQr } from './parse-qr.ts'

const KEY = Buffer.alloc(32, 7).toString('base64')

test('the code that Baileys shows is read back, whatever the client calls itself', async (t) => {
  for (const [browser, platform] of [
    ['Chrome', '1'],
    ['Desktop', '7'],
    ['Carteiro', '9'],
  ] as const) {
    const creds = initAuthCreds()
    const base64 = (key: Uint8Array) => Buffer.from(key).toString('base64')
    const { noiseKey, signedIdentityKey, advSecretKey } = creds
    const text = buildPairingQRData(
      '2@abc+/=',
      base64(noiseKey.public),
      base64(signedIdentityKey.public),
      advSecretKey,
      ['Mac OS', browser, '1'],
    )
    t.same(parseQr(text), {
      ref: '2@abc+/=',
      noiseKey: noiseKey.public,
      identityKey: signedIdentityKey.public,
      advSecret: Buffer.from(advSecretKey, 'base64'),
      platform,
    })
  }
})

test('the code of an older client is read, with or without a platform', async (t) => {
  t.equal(parseQr(`2@r,${KEY},${KEY},${KEY}`).platform, undefined)
  t.equal(parseQr(`2@r,${KEY},${KEY},${KEY},1\n`).platform, '1')
})

test('what is no code is refused with what is wrong about it', async (t) => {
  const table = [
    ['', /1 parts/],
    ['https://example.com/', /1 parts/],
    [`2@r,${KEY},${KEY}`, /3 parts/],
    [`2@r,${KEY},${KEY},${KEY},1,2`, /6 parts/],
    [`,${KEY},${KEY},${KEY},1`, /reference/],
    [`2@ ä,${KEY},${KEY},${KEY},1`, /reference/],
    [`2@r,short,${KEY},${KEY},1`, /Noise key/],
    [`2@r,${KEY},${KEY.slice(4)},${KEY},1`, /identity key/],
    [`2@r,${KEY},${KEY},${KEY}=,1`, /secret/],
    [`2@r,${KEY},${KEY},${KEY},chrome`, /platform/],
    ['x'.repeat(1_025), /1024 characters/],
  ] as const
  for (const [text, message] of table) t.throws(() => parseQr(text), { code: 'INVALID_PAYLOAD', message })
})

test('no text whatever makes the reader fail in another way', async () => {
  const parts = fc.constantFrom(KEY, '2@r', '', ',', 'https://wa.me/settings/linked_devices#', '1')
  const texts = fc.oneof(
    fc.string(),
    fc.array(parts, { maxLength: 8 }).map((all) => all.join(',')),
  )
  fc.assert(
    fc.property(texts, (text) => {
      try {
        return parseQr(text).noiseKey.length === 32
      } catch (error) {
        return error instanceof Error && 'code' in error && error.code === 'INVALID_PAYLOAD'
      }
    }),
  )
})
