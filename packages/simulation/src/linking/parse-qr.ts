import { Problem } from '@carteiro/contracts/problem'

/** What a companion shows to the phone that shall link it. Keys are 32 bytes each. */
export interface PairingQr {
  /** Names the companion's connection on the server. */
  ref: string
  /** The companion's static Noise key, public. */
  noiseKey: Uint8Array
  /** The companion's Signal identity, public. */
  identityKey: Uint8Array
  /** The secret that proves to the companion that its linking comes from the phone that saw this code. */
  advSecret: Uint8Array
  /** WhatsApp's number of the kind of client; `undefined` in codes without one. */
  platform: string | undefined
}

const LINK = 'https://wa.me/settings/linked_devices#'
const MAX_LENGTH = 1_024
const KEY = /^[A-Za-z0-9+/]{43}=$/
const REF = /^[\w@+/=.:-]{1,256}$/
const PLATFORM = /^\d{1,3}$/

/**
 * Reads the text of a QR code: `ref,noiseKey,identityKey,advSecret,platform` with keys as base64, behind WhatsApp's
 * link to the page of linked devices or without it, as older clients show it; those leave the platform out, too.
 *
 * @throws Problem INVALID_PAYLOAD saying what is wrong with it
 */
export function parseQr(text: string): PairingQr {
  if (text.length > MAX_LENGTH) throw malformed(`it has more than ${MAX_LENGTH} characters`)
  const parts = (text.startsWith(LINK) ? text.slice(LINK.length) : text).trim().split(',')
  const [ref, noiseKey, identityKey, advSecret, platform] = parts
  if (parts.length < 4 || parts.length > 5) {
    throw malformed(`it has ${parts.length} parts and not five with commas between them`)
  }
  if (ref === undefined || !REF.test(ref)) throw malformed('its reference is empty or has other characters')
  if (platform !== undefined && !PLATFORM.test(platform)) throw malformed('its platform is no number')
  return {
    ref,
    noiseKey: readKey('Noise key', noiseKey),
    identityKey: readKey('identity key', identityKey),
    advSecret: readKey('secret', advSecret),
    platform,
  }
}

function readKey(name: string, text: string | undefined): Uint8Array {
  if (text === undefined || !KEY.test(text)) throw malformed(`its ${name} is not 32 bytes as base64`)
  return Buffer.from(text, 'base64')
}

function malformed(fault: string): Problem {
  return new Problem(
    'INVALID_PAYLOAD',
    `This is not the QR code of a device that wants to be linked: ${fault}.`,
  )
}
