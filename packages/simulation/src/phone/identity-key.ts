import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { generateSignalPubKey, type KeyPair } from '@whiskeysockets/baileys'

/** An identity key of Signal, which can sign. Keys are raw, 32 bytes. */
export interface IdentityKey {
  pair: KeyPair
  /** Signs a public key, as devices that open sessions check it. */
  signKey(publicKey: Uint8Array): Uint8Array
}

/** What stands before a raw X25519 private key in PKCS #8. */
const X25519_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex')

/**
 * Makes the key as Ed25519 and derives the X25519 key that is the same point, because Node signs with the former
 * natively; libsignal's signatures by the latter, in JavaScript, take a hundred times as long.
 */
export function makeIdentityKey(): IdentityKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const scalar = createHash('sha512')
    .update(rawKey(privateKey.export({ format: 'jwk' }).d))
    .digest()
    .subarray(0, 32)
  scalar.writeUInt8(scalar.readUInt8(0) & 248, 0)
  scalar.writeUInt8((scalar.readUInt8(31) & 127) | 64, 31)
  const key = Buffer.concat([X25519_PREFIX, scalar])
  const exchange = createPublicKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' }))
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

function rawKey(encoded: string | undefined): Buffer {
  return Buffer.from(encoded ?? '', 'base64url')
}
