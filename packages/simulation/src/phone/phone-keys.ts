import { hkdfSync, randomInt } from 'node:crypto'
import { Curve, type SignalCreds } from '@whiskeysockets/baileys'
import { makeIdentityKey } from './identity-key.ts'
import { createKeyStore, type KeyStore } from './key-store.ts'
import type { KeyBundle } from './phone.ts'

/** The keys of one phone. Made when first asked for: most people of a big simulation never write. */
export interface PhoneKeys {
  readonly store: KeyStore
  credentials(): SignalCreds
  /** Public keys for one asker. Its one-time prekey stays until the asker's first message has used it up. */
  takeBundle(): KeyBundle
}

/** One-time prekeys given out and not used yet; past it the oldest is forgotten. */
const PRE_KEYS_LIMIT = 1_000

/**
 * @param phone digits: the identity follows from them, so that a person stays the same when the simulator is started
 * anew
 */
export function createPhoneKeys(phone: string): PhoneKeys {
  const store = createKeyStore()
  const given: number[] = []
  let credentials: SignalCreds | undefined
  // None of an earlier start's keys is meant by the same number.
  let nextPreKeyId = randomInt(1, 2 ** 23)

  function made(): SignalCreds {
    credentials ??= makeCredentials(phone)
    return credentials
  }

  return {
    store,
    credentials: made,
    takeBundle() {
      const { signedIdentityKey, signedPreKey, registrationId } = made()
      const keyId = nextPreKeyId++
      const preKey = Curve.generateKeyPair()
      given.push(keyId)
      const forgotten = given.length > PRE_KEYS_LIMIT ? given.shift() : undefined
      store.put({
        'pre-key': { [keyId]: preKey, ...(forgotten === undefined ? {} : { [forgotten]: null }) },
      })
      return {
        registrationId,
        identityKey: signedIdentityKey.public,
        signedPreKey: {
          keyId: signedPreKey.keyId,
          publicKey: signedPreKey.keyPair.public,
          signature: signedPreKey.signature,
        },
        preKey: { keyId, publicKey: preKey.public },
      }
    },
  }
}

function makeCredentials(phone: string): SignalCreds {
  const seed = Buffer.from(hkdfSync('sha256', phone, 'carteiro simulator', 'phone identity', 34))
  const identity = makeIdentityKey(seed.subarray(0, 32))
  const keyPair = Curve.generateKeyPair()
  return {
    signedIdentityKey: identity.pair,
    signedPreKey: { keyPair, keyId: 1, signature: identity.signKey(keyPair.public) },
    registrationId: seed.readUInt16BE(32) & 16_383 || 1,
  }
}
