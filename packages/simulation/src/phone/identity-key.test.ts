import { randomBytes } from 'node:crypto'
import { Curve, generateSignalPubKey } from '@whiskeysockets/baileys'
import { verify } from 'curve25519-js'
import { test } from 'tap'
import { makeIdentityKey } from './identity-key.ts'

test('what an identity key signs is checked by its public key, and nothing else is', async (t) => {
  // Enough of them that points of both sides of the curve are among them.
  for (let round = 0; round < 24; round += 1) {
    const identity = makeIdentityKey(randomBytes(32))
    const { public: signed } = Curve.generateKeyPair()
    const signature = identity.signKey(signed)
    t.ok(verify(identity.pair.public, generateSignalPubKey(signed), signature))
    t.notOk(verify(Curve.generateKeyPair().public, generateSignalPubKey(signed), signature))
  }
})

test('two identity keys agree on a secret, and sign as libsignal does', async (t) => {
  const [one, other] = [makeIdentityKey(randomBytes(32)).pair, makeIdentityKey(randomBytes(32)).pair]
  t.same(Curve.sharedKey(one.private, other.public), Curve.sharedKey(other.private, one.public))
  const message = Buffer.from('signed by libsignal')
  t.ok(verify(one.public, message, Curve.sign(one.private, message)))
})

test('the same seed makes the same key, another one another', async (t) => {
  const seed = randomBytes(32)
  t.same(makeIdentityKey(seed).pair, makeIdentityKey(seed).pair)
  t.notSame(makeIdentityKey(seed).pair, makeIdentityKey(randomBytes(32)).pair)
})
