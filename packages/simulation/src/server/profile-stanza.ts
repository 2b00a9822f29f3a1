import { formatAddress } from './address.ts'
import type { Person } from './device.ts'
import { node } from './nodes.ts'
import { seconds, type World } from './world.ts'

/** Tells a person's clients that a LID and a phone are one, as when somebody shows who they are. */
export function tellProfile(world: World, { phone }: Person, told: Person): void {
  const [lid, pn] = [formatAddress(phone, 'lid'), formatAddress(phone, 'pn')]
  const news = {
    operation: 'NotificationLinkedProfilesUpdates',
    updates: [{ jid: lid, added_profiles: [{ pn }] }],
  }
  for (const device of told.devices.values()) {
    if (!device.companion) continue
    const attrs = { from: lid, type: 'mex', id: world.nextId(), t: seconds(world) }
    world.deliver(device, node('notification', attrs, [node('mex', {}, Buffer.from(JSON.stringify(news)))]))
  }
}
