import { pino } from 'pino'
import { quietLibsignal } from '../quiet-libsignal.ts'
import { createPhone, type PhoneOptions } from './create-phone.ts'
import type { Phone } from './phone.ts'
import type { PhoneMedia } from './phone-media.ts'
import { createBaileysDevice } from './test-baileys-device.ts'
import { createTestNetwork } from './test-network.ts'

quietLibsignal(pino({ level: 'silent' }))

/** A network, and people on it: Ana, Bia, Caio and whoever is named. */
export function createTestPeople(media?: PhoneMedia) {
  const network = createTestNetwork(media)

  function phone(digits: string, settings: PhoneOptions['settings'] = {}): Phone {
    const person = network.person(digits)
    const made = createPhone({ person, pushName: `Name of ${digits}`, port: network.port(person), settings })
    network.connect(person, 0, made)
    return made
  }

  return {
    network,
    phone,
    ana: phone('5511900000001'),
    bia: phone('5511900000002'),
    /** A companion of this person that reads with Baileys' code. */
    baileys: ({ phone: digits }: Phone, device = 1) =>
      createBaileysDevice(network, network.person(digits), device),
  }
}

/** Files kept in memory, as they are. */
export function createMemoryMedia(): PhoneMedia {
  const files = new Map<string, Uint8Array>()
  return {
    async upload(bytes) {
      const directPath = `/file/${files.size}`
      files.set(directPath, bytes)
      const hash = new Uint8Array(32)
      return {
        url: `https://media.example${directPath}`,
        directPath,
        mediaKey: new Uint8Array(32).fill(1),
        fileSha256: hash,
        fileEncSha256: hash,
        fileLength: bytes.length,
        mediaKeyTimestamp: 1_700_000_000,
      }
    },
    download: async ({ directPath }) => files.get(directPath) ?? new Uint8Array(),
    uploadAgain: () => undefined,
  }
}

/** The text that each message of a phone shows, in order. */
export const textsOf = (phone: Phone) => phone.shown().map(({ content }) => content.text)
