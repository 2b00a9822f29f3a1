import { hash, timingSafeEqual } from 'node:crypto'

/** Whether what somebody gives is the secret. */
export type SecretMatcher = (given: string) => boolean

/**
 * Compares with one secret, in a time that tells nothing of where they differ or how long it is. The secret is hashed
 * once, here; what is given, at every call.
 */
export function createSecretMatcher(secret: string): SecretMatcher {
  const expected = sha256(secret)
  return (given) => timingSafeEqual(sha256(given), expected)
}

/** Whether two secrets are equal, in a time that tells nothing of where they differ or how long they are. */
export const equalInConstantTime = (a: string, b: string): boolean => createSecretMatcher(a)(b)

const sha256 = (text: string) => hash('sha256', text, 'buffer')
