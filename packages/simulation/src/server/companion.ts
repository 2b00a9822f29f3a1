import type { KeyBundle } from '../phone/phone.ts'
import type { Companion, CompanionKeys, Device, Person } from './device.ts'
import { createMailbox } from './mailbox.ts'

/** What makes a client a device of an account. */
export interface CompanionIdentity {
  /** The static Noise public key that it logs in with. */
  noiseKey: Uint8Array
  /** Its Signal keys, where they are known before it brings them itself. */
  keys?: Omit<CompanionKeys, 'preKeys'>
  keyIndex?: number
  /** The account's signature on it, as pair-success brought it. */
  deviceIdentity?: Uint8Array
  /** Its phone tells it a history at its first login. */
  wantsHistory?: boolean
}

/** Stanzas that may wait for one device. */
export const MAILBOX_LIMIT = 10_000

/** Makes a client a device of a person. It has no connection yet. */
export function addDevice(person: Person, number: number, identity: CompanionIdentity): Device {
  const companion: Companion = {
    noiseKey: identity.noiseKey,
    keys: identity.keys && { ...identity.keys, preKeys: new Map() },
    keyIndex: identity.keyIndex ?? number,
    deviceIdentity: identity.deviceIdentity,
    wantsHistory: identity.wantsHistory ?? false,
    logins: 0,
    session: undefined,
  }
  const device: Device = {
    person,
    number,
    mailbox: createMailbox(MAILBOX_LIMIT),
    companion,
    send: (stanza) => companion.session?.connection.send(stanza),
    takeBundle: () => companion.keys && takeBundle(companion.keys),
  }
  person.devices.set(number, device)
  return device
}

function takeBundle({ preKeys, ...keys }: CompanionKeys): KeyBundle {
  const [oldest] = preKeys
  if (!oldest) return keys
  const [keyId, publicKey] = oldest
  preKeys.delete(keyId)
  return { ...keys, preKey: { keyId, publicKey } }
}
