import type { Phone, PhonePort } from '../phone/phone.ts'
import { type Address, lidOf, parseAddress } from './address.ts'
import type { Device, Person } from './device.ts'
import { addPhoneDevice, type PhoneDevice } from './phone-device.ts'
import { createPort } from './phone-port.ts'
import type { World } from './world.ts'

/** Makes the phone of a person. */
export type CreatePhone = (person: Person, port: PhonePort) => Phone

/** Everybody who was ever named. */
export interface Persons {
  /** The person with this phone (digits), made when first named; undefined when there are too many. */
  named(phone: string): Person | undefined
  find(phone: string): Person | undefined
  /** The person that the jid of a user or a device names, made when first named. */
  at(jid: string | undefined): Person | undefined
  all(): Person[]
  /** The device that a jid names: a simulated phone is made when its device 0 is first named. */
  deviceAt(jid: string | undefined): Device | undefined
  deviceOf(address: Pick<Address, 'phone' | 'device'>): Device | undefined
  /** Every device of a person, the phone among them. */
  devicesOf(person: Person): Device[]
  /** The simulated phone of a person, made when first asked for; undefined where nobody has one. */
  phoneOf(person: Person): PhoneDevice | undefined
}

export interface PersonsOptions {
  limit: number
  /** Without it nobody has a phone, only companions. */
  createPhone: CreatePhone | undefined
  world: () => World
}

/** The first companion's number, as on WhatsApp. */
const FIRST_COMPANION = 1

export function createPersons({ limit, createPhone, world }: PersonsOptions): Persons {
  const persons = new Map<string, Person>()
  const phones = new Map<Person, PhoneDevice>()

  function named(phone: string): Person | undefined {
    const known = persons.get(phone)
    if (known) return known
    if (persons.size >= limit) return undefined
    const person = makePerson(phone)
    persons.set(phone, person)
    return person
  }

  function phoneOf(person: Person): PhoneDevice | undefined {
    const known = phones.get(person)
    if (known) return known
    if (!createPhone || !person.onWhatsApp) return undefined
    const phone = createPhone(person, createPort(world(), person))
    const device = addPhoneDevice(person, phone, (error) => world().onError(error))
    phones.set(person, device)
    return device
  }

  function deviceOf({ phone, device }: Pick<Address, 'phone' | 'device'>): Device | undefined {
    const person = named(phone)
    if (!person) return undefined
    if (device === 0) phoneOf(person)
    return person.devices.get(device)
  }

  return {
    named,
    find: (phone) => persons.get(phone),
    at(jid) {
      const address = parseAddress(jid)
      return address && named(address.phone)
    },
    all: () => [...persons.values()],
    deviceAt(jid) {
      const address = parseAddress(jid)
      return address && deviceOf(address)
    },
    deviceOf,
    devicesOf(person) {
      phoneOf(person)
      return [...person.devices.values()]
    },
    phoneOf,
  }
}

function makePerson(phone: string): Person {
  return {
    phone,
    lid: lidOf(phone),
    pushName: `Customer ${phone.slice(-4)}`,
    onWhatsApp: true,
    about: '',
    available: false,
    devices: new Map(),
    nextDevice: FIRST_COMPANION,
    privacy: new Map(),
    hidesPhone: false,
    hidesLid: false,
    blocked: new Set(),
    trusts: new Map(),
    watchers: new Set(),
    acquaintances: new Set(),
  }
}
