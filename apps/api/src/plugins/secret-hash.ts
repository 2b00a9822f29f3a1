import { hashSecret } from '@carteiro/domain/keys/hash-secret'
import { type Headers, readSecret } from './authentication.ts'

const hashes = new WeakMap<Headers, Buffer>()

/**
 * The hash of the secret that a request gives; `undefined` when it gives none. Several ask for it on every request's way,
 * and it is hashed once.
 */
export function readSecretHash(headers: Headers): Buffer | undefined {
  const known = hashes.get(headers)
  if (known) return known
  const secret = readSecret(headers)
  if (secret === undefined) return undefined
  const hash = hashSecret(secret)
  hashes.set(headers, hash)
  return hash
}
