import {
  Curve,
  hmacSign,
  type KeyPair,
  proto,
  WA_ADV_ACCOUNT_SIG_PREFIX,
  WA_ADV_DEVICE_SIG_PREFIX,
} from '@whiskeysockets/baileys'
import { verify } from 'curve25519-js'

/** What the phone says of a companion, signed by the phone's identity key. */
export interface SignedIdentity {
  /** ADVDeviceIdentity, encoded. */
  details: Uint8Array
  /** The phone's identity key, public. */
  accountKey: Uint8Array
  accountSignature: Uint8Array
  /** The companion's identity key, public. */
  companionKey: Uint8Array
  keyIndex: number
}

export interface SignIdentityOptions {
  account: KeyPair
  companionKey: Uint8Array
  /** Which linking of this account it is, from 1. */
  keyIndex: number
  /** The same for all devices of one account. */
  rawId: number
  at: Date
}

/** The phone vouches for a companion. */
export function signIdentity(options: SignIdentityOptions): SignedIdentity {
  const { account, companionKey, keyIndex, rawId, at } = options
  const details = proto.ADVDeviceIdentity.encode({
    rawId,
    timestamp: Math.floor(at.getTime() / 1000),
    keyIndex,
    accountType: proto.ADVEncryptionType.E2EE,
    deviceType: proto.ADVEncryptionType.E2EE,
  }).finish()
  const signed = Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, details, companionKey])
  const accountSignature = Curve.sign(account.private, signed)
  return { details, accountKey: account.public, accountSignature, companionKey, keyIndex }
}

/**
 * What the companion gets of it: an ADVSignedDeviceIdentityHMAC, encoded, by which it knows that the phone has its
 * secret.
 */
export function sealIdentity(identity: SignedIdentity, advSecret: Uint8Array): Uint8Array {
  const { details, accountKey: accountSignatureKey, accountSignature } = identity
  const signed = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey,
    accountSignature,
  }).finish()
  return proto.ADVSignedDeviceIdentityHMAC.encode({
    details: signed,
    hmac: hmacSign(Buffer.from(signed), Buffer.from(advSecret)),
  }).finish()
}

/**
 * Checks what the companion sends back: the same identity, signed by the companion as well.
 *
 * @param answer ADVSignedDeviceIdentity, encoded, without the phone's key
 * @returns the whole ADVSignedDeviceIdentity, encoded, as others may ask for it
 * @throws Error naming what does not fit
 */
export function acceptDeviceSignature(identity: SignedIdentity, answer: Uint8Array): Uint8Array {
  const { details, accountKey, accountSignature, companionKey } = identity
  const given = proto.ADVSignedDeviceIdentity.decode(answer)
  if (!isSame(given.details, details)) throw new Error('The device signed another identity.')
  if (!isSame(given.accountSignature, accountSignature)) {
    throw new Error("The device sent another account's signature.")
  }
  const signed = Buffer.concat([WA_ADV_DEVICE_SIG_PREFIX, details, companionKey, accountKey])
  const { deviceSignature } = given
  // Not Baileys' Curve.verify: it is true for whatever has the right length.
  if (deviceSignature?.length !== 64 || !verify(companionKey, signed, deviceSignature)) {
    throw new Error("The device's signature is not its identity key's.")
  }
  return proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: accountKey,
    accountSignature,
    deviceSignature,
  }).finish()
}

const isSame = (given: Uint8Array | null | undefined, wanted: Uint8Array): boolean =>
  given != null && Buffer.from(given).equals(wanted)
