import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Signs what this process gives out, so that it needs not be kept to be known again. */
export interface Signer {
  sign(text: string): string
  isSigned(text: string, signature: string): boolean
}

const KEY_BYTES = 32

export function createSigner(): Signer {
  const key = randomBytes(KEY_BYTES)
  const sign = (text: string) => createHmac('sha256', key).update(text).digest('base64url')
  return {
    sign,
    isSigned(text, signature) {
      const expected = Buffer.from(sign(text))
      const given = Buffer.from(signature)
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
  }
}
