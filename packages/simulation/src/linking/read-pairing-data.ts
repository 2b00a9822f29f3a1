import { proto } from '@whiskeysockets/baileys'
import { verify } from 'curve25519-js'
import type { CompanionIdentity } from '../server/companion.ts'
import { Refusal } from '../wire/refusal.ts'

/** What a client tells of itself that wants to be linked. */
export interface PairingData {
  keys: NonNullable<CompanionIdentity['keys']>
  /** What the phone shows of it, such as `Mac OS, Chrome`. */
  display: string
}

const KEY_TYPE = 5
const SIGNED_KEY_PREFIX = Buffer.from([KEY_TYPE])

/**
 * Reads a registration.
 *
 * @throws Refusal naming the member that is missing or wrong
 */
export function readPairingData(data: proto.ClientPayload.IDevicePairingRegistrationData): PairingData {
  const identityKey = bytes('eIdent', data.eIdent, 32)
  const publicKey = bytes('eSkeyVal', data.eSkeyVal, 32)
  const signature = bytes('eSkeySig', data.eSkeySig, 64)
  if (bytes('eKeytype', data.eKeytype, 1)[0] !== KEY_TYPE)
    throw new Refusal('a registration with another eKeytype')
  if (!verify(identityKey, Buffer.concat([SIGNED_KEY_PREFIX, publicKey]), signature)) {
    throw new Refusal('a registration whose signed prekey is not signed by its identity')
  }
  return {
    keys: {
      registrationId: bytes('eRegid', data.eRegid, 4).readUInt32BE(),
      identityKey,
      signedPreKey: { keyId: bytes('eSkeyId', data.eSkeyId, 3).readUIntBE(0, 3), publicKey, signature },
    },
    display: readDisplay(data.deviceProps),
  }
}

function bytes(name: string, given: Uint8Array | null | undefined, length: number): Buffer {
  if (given?.length !== length) throw new Refusal(`a registration whose ${name} has not ${length} bytes`)
  return Buffer.from(given)
}

function readDisplay(encoded: Uint8Array | null | undefined): string {
  try {
    const { os, platformType } = proto.DeviceProps.decode(encoded ?? new Uint8Array())
    const platform = proto.DeviceProps.PlatformType[platformType ?? 0] ?? 'UNKNOWN'
    return `${os ?? ''}, ${platform.toLowerCase()}`.slice(0, 100)
  } catch {
    throw new Refusal('a registration whose deviceProps cannot be read')
  }
}
