import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'

/** What a sealed value is: bound into the seal, so that rows cannot be swapped for one another. */
export type SealContext = readonly [instanceId: string, kind: string, id: string]

export interface SealKey {
  /** As values that are sealed with it name it; a key without one is named by itself. */
  id?: string | undefined
  /** 32 bytes. */
  key: Buffer
}

/** Seals what must not be readable in the database or a backup of it. */
export interface Seal {
  seal(plain: Uint8Array | string, context: SealContext): Buffer
  /** @throws SealError when the value was changed, moved or sealed under another key */
  open(sealed: Uint8Array, context: SealContext): Buffer
  /** Whether a value is sealed under the key that seals today. Its first bytes will do, as for the others. */
  isCurrent(sealed: Uint8Array): boolean
  /** The id of the key that a value needs and that is not there. @throws SealError when it is no sealed value */
  missingKey(sealed: Uint8Array): string | undefined
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

/** A value begins with its version: 1 is followed by one byte made of the key, 2 by its id, length first. */
const UNNAMED = 1
const NAMED = 2
/** No header is longer: version, length, an id of 32 characters. */
export const MAX_HEADER_BYTES = 34
const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * AES-256-GCM. A value is: version byte, key id, 12 bytes iv, 16 bytes tag, ciphertext.
 *
 * @param keys the first seals, all of them open; or the one key, without a name
 */
export function createSeal(keys: Buffer | readonly [SealKey, ...SealKey[]]): Seal {
  const all = Buffer.isBuffer(keys) ? ([{ key: keys }] as const) : keys
  const [first] = all
  const header = headerOf(first)
  // Node takes three times as long to begin with a key's bytes as with a key.
  const sealing = createSecretKey(first.key)
  const byHeader = new Map<string, KeyObject[]>()
  for (const each of all) {
    const key = createSecretKey(each.key)
    // What was sealed before a key had a name opens with it, too.
    for (const one of [headerOf(each), headerOf({ key: each.key })]) {
      const name = one.toString('hex')
      byHeader.set(name, [...(byHeader.get(name) ?? []), key])
    }
  }

  return {
    seal(plain, context) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', sealing, iv).setAAD(additionalData(header, context))
      const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()])
      return Buffer.concat([header, iv, cipher.getAuthTag(), ciphertext])
    },
    open(sealed, context) {
      const head = readHeader(sealed)
      const candidates = byHeader.get(head.toString('hex'))
      if (!candidates) throw new SealError(`Sealed under the key ${idOf(head)}, which is not given.`)
      const body = sealed.subarray(head.length)
      if (body.length < IV_BYTES + TAG_BYTES) throw new SealError('Not a sealed value.')
      for (const key of candidates) {
        const plain = openWith(key, body, additionalData(head, context))
        if (plain) return plain
      }
      throw new SealError(`Changed, moved or sealed under another key: ${context.join(' ')}`)
    },
    isCurrent: (sealed) => readHeader(sealed).equals(header),
    missingKey(sealed) {
      const head = readHeader(sealed)
      return byHeader.has(head.toString('hex')) ? undefined : idOf(head)
    },
  }
}

/** `undefined` when it was sealed under another key, or is not what was sealed. */
function openWith(key: KeyObject, body: Uint8Array, additional: Buffer): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(additional)
  decipher.setAuthTag(body.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(body.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}

function headerOf({ id, key }: SealKey): Buffer {
  if (id !== undefined) return Buffer.concat([Buffer.from([NAMED, id.length]), Buffer.from(id)])
  const [byte = 0] = createHash('sha256').update('seal key id').update(key).digest()
  return Buffer.from([UNNAMED, byte])
}

function readHeader(sealed: Uint8Array): Buffer {
  const [version, second = 0] = sealed
  const length = version === UNNAMED ? 2 : version === NAMED ? 2 + second : undefined
  if (length === undefined || sealed.length < length) throw new SealError('Not a sealed value.')
  return Buffer.from(sealed.subarray(0, length))
}

/** A key without a name is named by the two hex digits of its byte: one of 256, so that two keys may share it. */
const idOf = (header: Buffer): string =>
  header[0] === NAMED ? header.toString('utf8', 2) : header.toString('hex', 1)

const additionalData = (header: Buffer, context: SealContext) =>
  Buffer.from(JSON.stringify([header[0], header[0] === NAMED ? idOf(header) : header[1], ...context]))
