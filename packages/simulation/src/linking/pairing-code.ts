import { randomBytes } from 'node:crypto'
import { Problem } from '@carteiro/contracts/problem'
import {
  aesDecryptCTR,
  aesDecryptGCM,
  aesEncryptCTR,
  Curve,
  derivePairingCodeKey,
  hkdf,
  type KeyPair,
} from '@whiskeysockets/baileys'

/** A phone's side of one linking by code, between its hello and the companion's finish. */
export interface CodeLinking {
  /** What the companion gets: 32 bytes of salt, 16 of IV, 32 of the phone's ephemeral key, sealed by the code. */
  wrappedEphemeral: Uint8Array
  /** Agreed between both ephemeral keys. With a wrong code it is not the companion's. */
  sharedKey: Uint8Array
}

const SALT = 32
const CODE = /^[0-9A-Z]{8}$/

/**
 * A person types the code that the companion shows.
 *
 * @param typed eight letters and digits; spaces, hyphens and small letters are as good
 * @param companionWrapped the companion's ephemeral key, sealed by the code: salt, IV, ciphertext (80 bytes)
 * @throws Problem INVALID_PAYLOAD when it cannot be a code
 */
export async function typePairingCode(typed: string, companionWrapped: Uint8Array): Promise<CodeLinking> {
  const code = typed.replaceAll(/[\s-]/g, '').toUpperCase()
  if (!CODE.test(code)) {
    throw new Problem('INVALID_PAYLOAD', 'A pairing code has eight letters and digits, such as ABCD-1234.')
  }
  const { salt, iv, sealed } = splitWrapped(companionWrapped)
  const companionEphemeral = aesDecryptCTR(sealed, await derivePairingCodeKey(code, salt), iv)
  const ephemeral = Curve.generateKeyPair()
  return {
    wrappedEphemeral: await wrapKey(ephemeral.public, code),
    sharedKey: Curve.sharedKey(ephemeral.private, companionEphemeral),
  }
}

export interface KeyBundleOptions {
  linking: CodeLinking
  /** What the companion sent: 32 bytes of salt, 12 of IV, and the sealed bundle of 96 with its tag. */
  wrappedBundle: Uint8Array
  /** As the companion named it beside the bundle. */
  companionKey: Uint8Array
  identity: KeyPair
}

/**
 * Opens what the companion sent to finish the linking.
 *
 * @returns the secret by which the companion will know that its linking comes from this phone, 32 bytes
 * @throws Problem INVALID_PAYLOAD when the code was not the companion's
 */
export function openKeyBundle(options: KeyBundleOptions): Uint8Array {
  const { linking, wrappedBundle, companionKey, identity } = options
  const bundle = unwrapBundle(linking.sharedKey, wrappedBundle)
  const isAsNamed =
    bundle.subarray(0, 32).equals(companionKey) && bundle.subarray(32, 64).equals(identity.public)
  if (!isAsNamed || bundle.length !== 96) throw wrongCode()
  const random = bundle.subarray(64)
  const identityKey = Curve.sharedKey(identity.private, companionKey)
  const secret = hkdf(Buffer.concat([linking.sharedKey, identityKey, random]), 32, { info: 'adv_secret' })
  return Buffer.from(secret)
}

function unwrapBundle(sharedKey: Uint8Array, wrapped: Uint8Array): Buffer {
  const salt = Buffer.from(wrapped.subarray(0, SALT))
  const info = 'link_code_pairing_key_bundle_encryption_key'
  const key = hkdf(sharedKey, 32, { salt, info })
  try {
    return aesDecryptGCM(wrapped.subarray(SALT + 12), key, wrapped.subarray(SALT, SALT + 12), Buffer.alloc(0))
  } catch {
    throw wrongCode()
  }
}

async function wrapKey(key: Uint8Array, code: string): Promise<Uint8Array> {
  const salt = randomBytes(SALT)
  const iv = randomBytes(16)
  return Buffer.concat([salt, iv, aesEncryptCTR(key, await derivePairingCodeKey(code, salt), iv)])
}

function splitWrapped(wrapped: Uint8Array): { salt: Buffer; iv: Buffer; sealed: Buffer } {
  const bytes = Buffer.from(wrapped)
  if (bytes.length !== 80)
    throw new Problem('INVALID_PAYLOAD', 'The device sent no ephemeral key of 80 bytes.')
  return { salt: bytes.subarray(0, 32), iv: bytes.subarray(32, 48), sealed: bytes.subarray(48) }
}

function wrongCode(): Problem {
  return new Problem('INVALID_PAYLOAD', 'This is not the code that the device shows: ask it for a new one.')
}
