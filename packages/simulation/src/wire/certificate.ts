import { createHash } from 'node:crypto'
import { Curve, type KeyPair, proto } from '@whiskeysockets/baileys'

/** What a server shows of itself in the handshake. */
export interface ServerIdentity {
  /** The static Noise key. */
  noiseKey: KeyPair
  /** An encoded `CertChain`: the root signs the intermediate, the intermediate signs the Noise key. */
  certificate: Uint8Array
  /** The root's public key, base64: what a client has to trust. */
  root: string
}

/** Known to everybody who reads this: it proves nothing outside of a development machine. */
const DEVELOPMENT_SEED = 'carteiro simulator, development root'

// What Baileys asks of the intermediate's issuer.
const ROOT_SERIAL = 0
const INTERMEDIATE_SERIAL = 1
const LEAF_SERIAL = 2
const X25519_BASE_POINT = Buffer.concat([Buffer.from([9]), Buffer.alloc(31)])

/** The public key, base64, of the root that a simulator has unless it is given another seed. */
export const SIMULATOR_ROOT = keyOf('root', DEVELOPMENT_SEED).public.toString('base64')

/**
 * Makes the keys and the certificate chain of a server: the same for the same seed.
 *
 * @param seed any text; whoever knows it can pose as this server
 */
export function makeServerIdentity(seed = DEVELOPMENT_SEED): ServerIdentity {
  const root = keyOf('root', seed)
  const intermediate = keyOf('intermediate', seed)
  const noiseKey = keyOf('noise', seed)
  const certificate = proto.CertChain.encode({
    intermediate: sign(root, {
      serial: INTERMEDIATE_SERIAL,
      issuerSerial: ROOT_SERIAL,
      key: intermediate.public,
    }),
    leaf: sign(intermediate, {
      serial: LEAF_SERIAL,
      issuerSerial: INTERMEDIATE_SERIAL,
      key: noiseKey.public,
    }),
  }).finish()
  return { noiseKey, certificate, root: root.public.toString('base64') }
}

function sign(issuer: KeyPair, subject: proto.CertChain.NoiseCertificate.IDetails) {
  const details = proto.CertChain.NoiseCertificate.Details.encode(subject).finish()
  return { details, signature: Curve.sign(issuer.private, details) }
}

function keyOf(purpose: string, seed: string): { private: Buffer; public: Buffer } {
  const privateKey = createHash('sha256').update(`${purpose} ${seed}`).digest()
  privateKey.writeUInt8(privateKey.readUInt8(0) & 248, 0)
  privateKey.writeUInt8((privateKey.readUInt8(31) & 127) | 64, 31)
  return { private: privateKey, public: Curve.sharedKey(privateKey, X25519_BASE_POINT) }
}
