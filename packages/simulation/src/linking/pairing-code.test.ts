import { randomBytes } from 'node:crypto'
import {
  aesDecryptCTR,
  aesEncryptCTR,
  aesEncryptGCM,
  bytesToCrockford,
  Curve,
  derivePairingCodeKey,
  hkdf,
} from '@whiskeysockets/baileys'
import { test } from 'tap'
import { openKeyBundle, typePairingCode } from './pairing-code.ts'

/** The companion's side, as Baileys does it between `requestPairingCode` and `companion_finish`. */
async function startCompanion(code: string) {
  const ephemeral = Curve.generateKeyPair()
  const identity = Curve.generateKeyPair()
  const salt = randomBytes(32)
  const iv = randomBytes(16)
  const sealed = aesEncryptCTR(ephemeral.public, await derivePairingCodeKey(code, salt), iv)
  return {
    key: identity.public,
    wrappedEphemeral: Buffer.concat([salt, iv, sealed]),
    async finish(wrapped: Uint8Array, phoneKey: Uint8Array, phoneKeyInBundle = phoneKey) {
      const bytes = Buffer.from(wrapped)
      const secretKey = await derivePairingCodeKey(code, bytes.subarray(0, 32))
      const phoneEphemeral = aesDecryptCTR(bytes.subarray(48, 80), secretKey, bytes.subarray(32, 48))
      const shared = Curve.sharedKey(ephemeral.private, phoneEphemeral)
      const random = randomBytes(32)
      const bundleSalt = randomBytes(32)
      const info = 'link_code_pairing_key_bundle_encryption_key'
      const key = hkdf(shared, 32, { salt: bundleSalt, info })
      const bundleIv = randomBytes(12)
      const bundle = Buffer.concat([identity.public, phoneKeyInBundle, random])
      const encrypted = aesEncryptGCM(bundle, key, bundleIv, Buffer.alloc(0))
      const secret = Buffer.concat([shared, Curve.sharedKey(identity.private, phoneKey), random])
      return {
        wrappedBundle: Buffer.concat([bundleSalt, bundleIv, encrypted]),
        advSecret: Buffer.from(hkdf(secret, 32, { info: 'adv_secret' })),
      }
    },
  }
}

test('a code that is typed as it is shown gives both sides the same secret', async (t) => {
  const code = bytesToCrockford(randomBytes(5))
  const phone = Curve.generateKeyPair()
  const companion = await startCompanion(code)
  for (const typed of [code, `${code.slice(0, 4)}-${code.slice(4)}`, ` ${code.toLowerCase()} `]) {
    const linking = await typePairingCode(typed, companion.wrappedEphemeral)
    const { wrappedBundle, advSecret } = await companion.finish(linking.wrappedEphemeral, phone.public)
    t.same(openKeyBundle({ linking, wrappedBundle, companionKey: companion.key, identity: phone }), advSecret)
  }
})

test('a wrong code is found out when the companion finishes', async (t) => {
  const phone = Curve.generateKeyPair()
  const companion = await startCompanion('ABCD1234')
  const linking = await typePairingCode('ABCD1235', companion.wrappedEphemeral)
  const { wrappedBundle } = await companion.finish(linking.wrappedEphemeral, phone.public)
  t.throws(() => openKeyBundle({ linking, wrappedBundle, companionKey: companion.key, identity: phone }), {
    code: 'INVALID_PAYLOAD',
    message: /not the code that the device shows/,
  })
})

test('a bundle that was made for another phone or device is refused', async (t) => {
  const phone = Curve.generateKeyPair()
  const stranger = Curve.generateKeyPair().public
  const companion = await startCompanion('ABCD1234')
  const linking = await typePairingCode('ABCD1234', companion.wrappedEphemeral)
  const good = await companion.finish(linking.wrappedEphemeral, phone.public)
  const other = await companion.finish(linking.wrappedEphemeral, phone.public, stranger)
  const refused = (wrappedBundle: Uint8Array, companionKey: Uint8Array) =>
    t.throws(() => openKeyBundle({ linking, wrappedBundle, companionKey, identity: phone }), {
      code: 'INVALID_PAYLOAD',
    })
  refused(other.wrappedBundle, companion.key)
  refused(good.wrappedBundle, stranger)
  refused(good.wrappedBundle.subarray(0, 100), companion.key)
  refused(new Uint8Array(), companion.key)
})

test('what cannot be a code is refused as it is typed', async (t) => {
  const wrapped = randomBytes(80)
  for (const typed of ['', 'ABCD123', 'ABCD12345', 'ABCD-12.4']) {
    await t.rejects(typePairingCode(typed, wrapped), { code: 'INVALID_PAYLOAD', message: /eight letters/ })
  }
  await t.rejects(typePairingCode('ABCD1234', randomBytes(79)), { message: /80 bytes/ })
})
