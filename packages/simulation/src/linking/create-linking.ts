import { Problem } from '@carteiro/contracts/problem'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { formatAddress } from '../server/address.ts'
import type { Device, Person } from '../server/device.ts'
import { node } from '../server/nodes.ts'
import type { PhoneDevice } from '../server/phone-device.ts'
import type { World } from '../server/world.ts'
import type { Connection } from '../wire/connection-paths.ts'
import { Refusal } from '../wire/refusal.ts'
import { createCodeLinking } from './link-by-code.ts'
import { createPairingRefs, REF_LIFETIMES, type RefLifetimes } from './pairing-refs.ts'
import { pairDevice, pairSuccess, readPairDeviceSign } from './pairing-stanzas.ts'
import { parseQr } from './parse-qr.ts'
import { readPairingData } from './read-pairing-data.ts'
import { createRegistration, type Registration } from './registration.ts'
import { sealIdentity, signIdentity } from './sign-identity.ts'

/** A client that a phone linked. */
export interface LinkedDevice {
  /** Digits. */
  phone: string
  /** From 1. */
  device: number
  jid: string
  lid: string
}

/** How clients become devices of an account, and cease to be. */
export interface Linking {
  /** Takes a client whose payload is a registration: it gets its refs and waits. @throws Refusal */
  register(connection: Connection): void
  /** The client of a connection is gone. */
  closed(connection: Connection): void
  /**
   * The phone (digits) scans a QR code.
   *
   * @throws Problem INVALID_PAYLOAD, QR_NOT_AVAILABLE, or why this phone can link nothing
   */
  scan(phone: string, qr: string): Promise<LinkedDevice>
  /** The person types a pairing code on the phone (digits). @throws Problem as `scan` */
  typeCode(phone: string, code: string): Promise<LinkedDevice>
  /** The clients that a phone (digits) linked. */
  companions(phone: string): LinkedDevice[]
  /** The phone logs a client out. @throws Problem NOT_FOUND */
  remove(phone: string, device: number): void
}

export interface LinkingOptions {
  lifetimes?: RefLifetimes
  answerTimeoutMs?: number
}

/** As many clients as WhatsApp lets a phone link. */
const MAX_COMPANIONS = 4
const ANSWER_TIMEOUT_MS = 10_000
const RESTART = node('stream:error', { code: '515' })

export function createLinking(world: World, options: LinkingOptions = {}): Linking {
  const { lifetimes = REF_LIFETIMES, answerTimeoutMs = ANSWER_TIMEOUT_MS } = options
  const registrations = new Map<Connection, Registration>()
  const refs = createPairingRefs<Registration>(lifetimes, () => world.now().getTime())
  const codes = createCodeLinking(world, answerTimeoutMs)

  function forget(registration: Registration): void {
    refs.forget(registration)
    codes.forget(registration)
  }

  function takeUnlinked(registration: Registration, stanza: BinaryNode): void {
    if (codes.take(registration, stanza)) return
    const { id, to, type } = stanza.attrs
    if (stanza.tag === 'iq' && type === 'get')
      registration.connection.send(node('iq', { id, from: to, type: 'result' }))
    else if (!SENT_BY_THE_UNLINKED.has(stanza.tag)) throw new Refusal(`${stanza.tag} before it was linked`)
  }

  async function link(
    person: Person,
    account: PhoneDevice,
    registration: Registration,
    advSecret: Uint8Array,
  ) {
    const { connection, keys } = registration
    // Nobody else shall link it meanwhile.
    forget(registration)
    const number = person.nextDevice
    person.nextDevice += 1
    const linked = describe(person, number)
    const identity = signIdentity({
      account: account.phone.identity,
      companionKey: keys.identityKey,
      keyIndex: number,
      rawId: Number(person.phone) % 2 ** 32,
      at: world.now(),
    })
    const stanza = pairSuccess({
      id: world.nextId(),
      at: world.now(),
      ...linked,
      sealedIdentity: sealIdentity(identity, advSecret),
    })
    const answer = await registration.ask(stanza)
    const deviceIdentity = readPairDeviceSign(answer, identity)
    world.addDevice(person, number, {
      noiseKey: connection.noiseKey,
      keys,
      keyIndex: number,
      deviceIdentity,
      wantsHistory: true,
    })
    connection.send(RESTART)
    connection.close('linked')
    return linked
  }

  async function tryLink(
    phone: string,
    find: (account: PhoneDevice) => Promise<{ registration: Registration; advSecret: Uint8Array }>,
  ): Promise<LinkedDevice> {
    const { person, account } = openAccount(world, phone)
    try {
      const { registration, advSecret } = await find(account)
      return await link(person, account, registration, advSecret)
    } catch (error) {
      if (error instanceof Problem) throw error
      throw new Problem(
        'QR_NOT_AVAILABLE',
        `It was not linked: ${error instanceof Error ? error.message : error}`,
      )
    }
  }

  return {
    register(connection) {
      const data = connection.payload.devicePairingData
      if (!data) throw new Refusal('a registration without its data')
      const registration: Registration = createRegistration({
        connection,
        data: readPairingData(data),
        onStanza: (stanza) => takeUnlinked(registration, stanza),
        answerTimeoutMs,
      })
      registrations.set(connection, registration)
      connection.onNode((stanza) => registration.take(stanza))
      connection.send(pairDevice(world.nextId(), refs.issue(registration).refs))
    },
    closed(connection) {
      const registration = registrations.get(connection)
      if (!registration) return
      registrations.delete(connection)
      forget(registration)
      registration.end()
    },
    scan: (phone, qr) =>
      tryLink(phone, async () => {
        const { ref, noiseKey, identityKey, advSecret } = parseQr(qr)
        const registration = refs.find(ref)
        const { connection, keys } = registration
        if (!isSame(noiseKey, connection.noiseKey) || !isSame(identityKey, keys.identityKey)) {
          throw new Problem(
            'INVALID_PAYLOAD',
            'The keys in this QR code are not those of the device that waits.',
          )
        }
        return { registration, advSecret }
      }),
    typeCode: (phone, code) => tryLink(phone, (account) => codes.type(phone, code, account.phone.identity)),
    companions: (phone) =>
      companionsOf(world.persons.find(phone)).map(({ person, number }) => describe(person, number)),
    remove(phone, number) {
      const device = companionsOf(world.persons.find(phone)).find((companion) => companion.number === number)
      if (!device) throw new Problem('NOT_FOUND', `${phone} has linked no device ${number}.`)
      world.removeDevice(device.person, number, 'removed by its phone')
    },
  }
}

/** What Baileys sends before it is linked, and nobody needs to answer. */
const SENT_BY_THE_UNLINKED = new Set(['iq', 'ib', 'presence', 'ack'])

/** @throws Problem why this phone can link nothing */
function openAccount(world: World, phone: string): { person: Person; account: PhoneDevice } {
  const person = world.persons.named(phone)
  if (!person) throw new Problem('QUEUE_FULL', 'There are too many people here already.')
  const account = world.persons.phoneOf(person)
  if (!account)
    throw new Problem('RECIPIENT_NOT_ON_WHATSAPP', `${phone} has no phone that could link a device.`)
  if (companionsOf(person).length >= MAX_COMPANIONS) {
    throw new Problem(
      'IMPOSSIBLE_TRANSITION',
      `${phone} has linked ${MAX_COMPANIONS} devices: remove one first.`,
    )
  }
  return { person, account }
}

function companionsOf(person: Person | undefined): Device[] {
  return [...(person?.devices.values() ?? [])].filter(({ number }) => number !== 0)
}

function describe({ phone }: Person, device: number): LinkedDevice {
  return { phone, device, jid: formatAddress(phone, 'pn', device), lid: formatAddress(phone, 'lid', device) }
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0
