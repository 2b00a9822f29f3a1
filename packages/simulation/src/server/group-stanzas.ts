import type { BinaryNode } from '@whiskeysockets/baileys'
import { formatAddress } from './address.ts'
import type { Device } from './device.ts'
import type { Group } from './groups.ts'
import { node } from './nodes.ts'
import { seconds, type World } from './world.ts'

/** A group as its members read it. */
export function groupNode(group: Group): BinaryNode {
  const { jid, subject, creator, createdAt, addressing, description } = group
  const named = { creator: formatAddress(creator, addressing), creator_pn: formatAddress(creator, 'pn') }
  const since = String(createdAt)
  return node(
    'group',
    {
      id: jid.split('@')[0],
      subject,
      ...named,
      creation: since,
      s_t: since,
      s_o: named.creator,
      size: String(group.members.size),
      addressing_mode: addressing,
    },
    [
      ...[...group.members.keys()].map((phone) => memberNode(group, phone)),
      ...(description
        ? [
            node('description', { id: description.id, t: since }, [
              node('body', {}, Buffer.from(description.text)),
            ]),
          ]
        : []),
      ...(group.announce ? [node('announcement')] : []),
      ...(group.locked ? [node('locked')] : []),
      ...(group.ephemeral > 0 ? [node('ephemeral', { expiration: String(group.ephemeral) })] : []),
    ],
  )
}

/** A member under the name that the group uses, with the other name beside. */
export function memberNode({ addressing, members }: Group, phone: string): BinaryNode {
  const role = members.get(phone)
  const other =
    addressing === 'lid' ? { phone_number: formatAddress(phone, 'pn') } : { lid: formatAddress(phone, 'lid') }
  return node('participant', {
    jid: formatAddress(phone, addressing),
    ...other,
    type: role === 'member' ? undefined : role,
  })
}

/** Tells every device of every member what somebody changed; the device that did it knows. */
export function tellMembers(world: World, group: Group, author: Device, change: BinaryNode[]): void {
  const { phone } = author.person
  const attrs = {
    from: group.jid,
    type: 'w:gp2',
    t: seconds(world),
    participant: formatAddress(phone, group.addressing),
    [group.addressing === 'lid' ? 'participant_pn' : 'participant_lid']: formatAddress(
      phone,
      group.addressing === 'lid' ? 'pn' : 'lid',
    ),
    addressing_mode: group.addressing,
    notify: author.person.pushName,
  }
  for (const member of group.members.keys()) {
    const person = world.persons.named(member)
    if (!person) continue
    for (const device of world.persons.devicesOf(person)) {
      if (device !== author)
        world.deliver(device, node('notification', { ...attrs, id: world.nextId() }, change))
    }
  }
}
