import { formatAddress } from './address.ts'
import type { Device } from './device.ts'
import { node } from './nodes.ts'
import { seconds, type World } from './world.ts'

/** Tells the account's own devices, and everybody it exchanged messages with, that a device came or went. */
export function tellOfDevice(world: World, device: Device, change: 'add' | 'remove'): void {
  const { person, number, companion } = device
  const changed = node('device', {
    jid: formatAddress(person.phone, 'pn', number),
    lid: formatAddress(person.phone, 'lid', number),
    'key-index': companion ? String(companion.keyIndex) : undefined,
  })
  const attrs = { from: formatAddress(person.phone, 'pn'), lid: formatAddress(person.phone, 'lid') }
  for (const phone of [person.phone, ...person.acquaintances]) {
    const told = world.persons.find(phone)
    if (!told) continue
    for (const other of told.devices.values()) {
      if (other === device) continue
      const notification = { ...attrs, id: world.nextId(), type: 'devices', t: seconds(world) }
      world.deliver(
        other,
        node('notification', notification, [node(change, { device_hash: '2:sim' }, [changed])]),
      )
    }
  }
}
