import { Curve, NOISE_WA_HEADER, proto } from '@whiskeysockets/baileys'
import type { ServerIdentity } from './certificate.ts'
import { type NoiseCipher, NoiseState } from './noise-state.ts'
import { Refusal } from './refusal.ts'

/** A client that has shown who it is. */
export interface HandshakeDone {
  /** What it says about itself: a login or a registration. */
  payload: proto.IClientPayload
  /** Its static Noise key, proven. */
  noiseKey: Uint8Array
  /** Opens what it sends. */
  incoming: NoiseCipher
  /** Seals what it is sent. */
  outgoing: NoiseCipher
}

/** The server's side of Noise XX: hello, answer, finish. */
export interface Handshake {
  /**
   * @returns the bytes to answer a hello with
   * @throws Refusal when it is none
   */
  hello(frame: Uint8Array): Uint8Array
  /** @throws Refusal when it is not the end of this handshake */
  finish(frame: Uint8Array): HandshakeDone
}

const KEY_BYTES = 32

export function createHandshake({ noiseKey, certificate }: ServerIdentity): Handshake {
  const noise = new NoiseState(NOISE_WA_HEADER)
  const ephemeral = Curve.generateKeyPair()

  return {
    hello(frame) {
      const theirs = read(frame)?.clientHello?.ephemeral
      if (theirs?.length !== KEY_BYTES) throw new Refusal('no client hello')
      noise.authenticate(theirs)
      noise.authenticate(ephemeral.public)
      noise.mixIntoKey(Curve.sharedKey(ephemeral.private, theirs))
      const sealedKey = noise.encrypt(noiseKey.public)
      noise.mixIntoKey(Curve.sharedKey(noiseKey.private, theirs))
      const payload = noise.encrypt(certificate)
      return proto.HandshakeMessage.encode({
        serverHello: { ephemeral: ephemeral.public, static: sealedKey, payload },
      }).finish()
    },
    finish(frame) {
      const finish = read(frame)?.clientFinish
      if (!finish?.static || !finish.payload) throw new Refusal('no client finish')
      try {
        const theirs = noise.decrypt(finish.static)
        noise.mixIntoKey(Curve.sharedKey(ephemeral.private, theirs))
        const payload = proto.ClientPayload.decode(noise.decrypt(finish.payload))
        const [incoming, outgoing] = noise.split()
        return { payload, noiseKey: theirs, incoming, outgoing }
      } catch {
        throw new Refusal('the client finish cannot be opened')
      }
    },
  }
}

function read(frame: Uint8Array): proto.HandshakeMessage | undefined {
  try {
    return proto.HandshakeMessage.decode(frame)
  } catch {
    return undefined
  }
}
