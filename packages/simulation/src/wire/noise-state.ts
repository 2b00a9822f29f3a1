import { createHash } from 'node:crypto'
import { aesDecryptGCM, aesEncryptGCM, hkdf, NOISE_MODE } from '@whiskeysockets/baileys'

const KEY_BYTES = 32
const IV_BYTES = 12
const NOTHING = Buffer.alloc(0)

/** The symmetric state of a Noise handshake (Noise Protocol Framework, section 5.2). */
export class NoiseState {
  #hash: Buffer
  #salt: Buffer
  #key: Buffer
  #counter = 0

  /** @param prologue what both sides know to have been said before */
  constructor(prologue: Uint8Array) {
    const mode = Buffer.from(NOISE_MODE)
    this.#hash = mode
    this.#salt = mode
    this.#key = mode
    this.authenticate(prologue)
  }

  authenticate(bytes: Uint8Array): void {
    this.#hash = createHash('sha256').update(this.#hash).update(bytes).digest()
  }

  encrypt(plaintext: Uint8Array): Buffer {
    const sealed = aesEncryptGCM(plaintext, this.#key, ivOf(this.#counter++), this.#hash)
    this.authenticate(sealed)
    return sealed
  }

  /** @throws when it was not sealed with this key after the same words */
  decrypt(sealed: Uint8Array): Buffer {
    const plaintext = aesDecryptGCM(sealed, this.#key, ivOf(this.#counter++), this.#hash)
    this.authenticate(sealed)
    return plaintext
  }

  mixIntoKey(shared: Uint8Array): void {
    const [salt, key] = this.#derive(shared)
    this.#salt = salt
    this.#key = key
    this.#counter = 0
  }

  /** The keys of what follows: the initiator's and the responder's. */
  split(): [initiator: NoiseCipher, responder: NoiseCipher] {
    const [initiator, responder] = this.#derive(NOTHING)
    return [new NoiseCipher(initiator), new NoiseCipher(responder)]
  }

  #derive(shared: Uint8Array): [Buffer, Buffer] {
    const bytes = Buffer.from(hkdf(Buffer.from(shared), 2 * KEY_BYTES, { salt: this.#salt, info: '' }))
    return [bytes.subarray(0, KEY_BYTES), bytes.subarray(KEY_BYTES)]
  }
}

/** One direction after the handshake: every message has the next counter. */
export class NoiseCipher {
  readonly #key: Buffer
  #counter = 0

  constructor(key: Buffer) {
    this.#key = key
  }

  seal(plaintext: Uint8Array): Buffer {
    return aesEncryptGCM(plaintext, this.#key, ivOf(this.#counter++), NOTHING)
  }

  /** @throws when it is not the next message of the other side */
  open(sealed: Uint8Array): Buffer {
    return aesDecryptGCM(sealed, this.#key, ivOf(this.#counter++), NOTHING)
  }
}

function ivOf(counter: number): Buffer {
  const iv = Buffer.alloc(IV_BYTES)
  iv.writeUInt32BE(counter, IV_BYTES - 4)
  return iv
}
