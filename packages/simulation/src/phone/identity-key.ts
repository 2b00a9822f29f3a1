import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { generateSignalPubKey, type KeyPair } from '@whiskeysockets/baileys'

/** An identity key of Signal, which can sign. Keys are raw, 32 bytes. */
export interface IdentityKey {
  pair: KeyPair
  /** Signs a public key, as devices that open sessions check it. */
  signKey(publicKey: Uint8Array): Uint8Array
}

/** What stands before a raw private key in PKCS #8. */
const ED25519_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const X25519_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex')

/**
 * Makes the key as Ed25519 and derives the X25519 key that is the same point, because Node signs with the former
 * natively; libsignal's signatures by the latter, in JavaScript, take a hundred times as long.
 *
 * @param seed 32 bytes; the same seed makes the same key
 */
export function makeIdentityKey(seed: Uint8Array): IdentityKey {
  const privateKey = privateKeyOf(ED25519_PREFIX, seed)
  const publicKey = createPublicKey(privateKey)
  const scalar = createHash('sha512').update(seed).digest().subarray(0, 32)
  scalar.writeUInt8(scalar.readUInt8(0) & 248, 0)
  scalar.writeUInt8((scalar.readUInt8(31) & 127) | 64, 31)
  const exchange = createPublicKey(privateKeyOf(X25519_PREFIX, scalar))
  const signBit = rawKey(publicKey.export({ format: 'jwk' }).x).readUInt8(31) & 128
  return {
    pair: { private: Buffer.from(scalar), public: rawKey(exchange.export({ format: 'jwk' }).x) },
    signKey(signed) {
      const signature = sign(null, generateSignalPubKey(signed), privateKey)
      // The X25519 key does not say on which side of the curve the point is: the signature does.
      signature.writeUInt8(signature.readUInt8(63) | signBit, 63)
      return signature
    },
  }
}

function privateKeyOf(prefix: Buffer, raw: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([prefix, raw]), format: 'der', type: 'pkcs8' })
}

function rawKey(encoded: string | undefined): Buffer {
  return Buffer.from(encoded ?? '', 'base64url')
}
