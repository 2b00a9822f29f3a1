import type { PhonePort } from '../phone/phone.ts'
import { formatAddress, parseAddress } from './address.ts'
import type { Person } from './device.ts'
import { takeBundle } from './key-queries.ts'
import type { World } from './world.ts'

/** What the phone of this person needs of the server. */
export function createPort(world: World, person: Person): PhonePort {
  return {
    send(stanza) {
      const device = world.persons.phoneOf(person)
      if (!device) return
      device.wake()
      world.take(device, stanza)
    },
    personOf: (jid) => world.persons.at(jid),
    async devicesOf(userJids) {
      return userJids.flatMap((jid) => {
        const address = parseAddress(jid)
        const user = world.persons.at(jid)
        if (!address || !user) return []
        return world.persons
          .devicesOf(user)
          .map((device) => formatAddress(user.phone, address.addressing, device.number))
      })
    },
    async bundleOf(deviceJid) {
      const bundle = takeBundle(world, world.persons.deviceAt(deviceJid))
      if (!bundle) throw new Error(`${deviceJid} has given no keys`)
      return bundle
    },
    membersOf: async (groupJid) => world.groups.find(groupJid)?.memberJids() ?? [],
  }
}
