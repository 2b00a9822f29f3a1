import {
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildBuffer,
  S_WHATSAPP_NET,
} from '@whiskeysockets/baileys'
import { acceptDeviceSignature, type SignedIdentity } from './sign-identity.ts'

/** Tells a companion that is not linked which refs to show, one after the other. */
export function pairDevice(id: string, refs: string[]): BinaryNode {
  const content = refs.map((ref) => ({ tag: 'ref', attrs: {}, content: Buffer.from(ref) }))
  return {
    tag: 'iq',
    attrs: { from: S_WHATSAPP_NET, type: 'set', id, xmlns: 'md' },
    content: [{ tag: 'pair-device', attrs: {}, content }],
  }
}

export interface PairSuccess {
  id: string
  at: Date
  /** With its device's number. */
  jid: string
  /** With its device's number. */
  lid: string
  /** ADVSignedDeviceIdentityHMAC, encoded. */
  sealedIdentity: Uint8Array
}

/** Tells a companion that a phone linked it, and as which device. */
export function pairSuccess({ id, at, jid, lid, sealedIdentity }: PairSuccess): BinaryNode {
  return {
    tag: 'iq',
    attrs: { from: S_WHATSAPP_NET, type: 'set', id, xmlns: 'md', t: String(Math.floor(at.getTime() / 1000)) },
    content: [
      {
        tag: 'pair-success',
        attrs: {},
        content: [
          { tag: 'device-identity', attrs: {}, content: sealedIdentity },
          { tag: 'platform', attrs: { name: 'android' } },
          { tag: 'device', attrs: { jid, lid } },
        ],
      },
    ],
  }
}

/**
 * Reads the companion's answer to `pair-success`.
 *
 * @returns the identity with both signatures, ADVSignedDeviceIdentity, encoded
 * @throws Error when it is no answer to it, or its signature is wrong
 */
export function readPairDeviceSign(answer: BinaryNode, identity: SignedIdentity): Uint8Array {
  const sign = getBinaryNodeChild(answer, 'pair-device-sign')
  const index = getBinaryNodeChild(sign, 'device-identity')?.attrs['key-index']
  const signed = getBinaryNodeChildBuffer(sign, 'device-identity')
  if (answer.attrs.type !== 'result' || !signed) throw new Error('The device did not sign its identity.')
  if (index !== String(identity.keyIndex)) throw new Error('The device names another key index.')
  return acceptDeviceSignature(identity, signed)
}
