import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** What a sealed value is: bound into the seal, so that rows cannot be swapped for one another. */
export type SealContext = readonly [instanceId: string, kind: string, id: string]

/** Seals what must not be readable in the database or a backup of it. */
export interface Seal {
  seal(plain: Uint8Array | string, context: SealContext): Buffer
  /** @throws SealError when the value was changed, moved or sealed under another key */
  open(sealed: Uint8Array, context: SealContext): Buffer
}

/**
 * A sealed value that cannot be read. Never overwrite what stands there: it may be readable under its own
 * key.
 */
export class SealError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SealError'
  }
}

const VERSION = 1
const IV_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = 2
const OVERHEAD_BYTES = HEADER_BYTES + IV_BYTES + TAG_BYTES

/**
 * AES-256-GCM. A value is: version byte, key id byte, 12 bytes iv, 16 bytes tag, ciphertext. The key id is
 * there for rotation; one key is known today.
 *
 * @param key 32 bytes
 */
export function createSeal(key: Buffer): Seal {
  const keyId = createHash('sha256').update('seal key id').update(key).digest()[0] ?? 0
  return {
    seal(plain, context) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(additionalData(keyId, context))
      const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()])
      return Buffer.concat([Buffer.from([VERSION, keyId]), iv, cipher.getAuthTag(), ciphertext])
    },
    open(sealed, context) {
      if (sealed.length < OVERHEAD_BYTES || sealed[0] !== VERSION) throw new SealError('Not a sealed value.')
      if (sealed[1] !== keyId) throw new SealError('Sealed under another key.')
      const iv = sealed.subarray(HEADER_BYTES, HEADER_BYTES + IV_BYTES)
      const tag = sealed.subarray(HEADER_BYTES + IV_BYTES, OVERHEAD_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
      decipher.setAAD(additionalData(keyId, context)).setAuthTag(tag)
      try {
        return Buffer.concat([decipher.update(sealed.subarray(OVERHEAD_BYTES)), decipher.final()])
      } catch {
        throw new SealError(`Changed, moved or sealed under another key: ${context.join(' ')}`)
      }
    },
  }
}

const additionalData = (keyId: number, context: SealContext) =>
  Buffer.from(JSON.stringify([VERSION, keyId, ...context]))
