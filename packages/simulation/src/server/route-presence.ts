import type { BinaryNode } from '@whiskeysockets/baileys'
import { formatAddress, isGroupJid, parseAddress } from './address.ts'
import type { Device, Person } from './device.ts'
import { node } from './nodes.ts'
import type { World } from './world.ts'

const MAX_NAME = 100

/** Takes a device's own presence (and the name that comes with it), or its wish to know that of somebody. */
export function routePresence(world: World, sender: Device, presence: BinaryNode): void {
  const { type, name, to } = presence.attrs
  if (name) sender.person.pushName = name.slice(0, MAX_NAME)
  if (type === 'subscribe') subscribe(world, sender, to)
  if (type === 'unsubscribe') world.persons.at(to)?.watchers.delete(sender)
  if (type === 'available' || type === 'unavailable') announce(sender.person, type === 'available')
}

function announce(person: Person, available: boolean): void {
  person.available = available
  for (const watcher of person.watchers) watcher.send(presenceOf(person))
}

function subscribe(world: World, sender: Device, to: string | undefined): void {
  const person = world.persons.at(to)
  if (!person) return
  person.watchers.add(sender)
  sender.send(presenceOf(person))
}

function presenceOf(person: Person): BinaryNode {
  return node('presence', {
    from: formatAddress(person.phone, 'pn'),
    type: person.available ? undefined : 'unavailable',
    last: person.available ? undefined : 'deny',
  })
}

/** Typing, recording or neither: shown at once to whoever is in the chat, and never kept. */
export function routeChatState(world: World, sender: Device, chatState: BinaryNode): void {
  const { to } = chatState.attrs
  const group = world.groups.find(to)
  const address = parseAddress(to)
  const addressing = group?.addressing ?? address?.addressing ?? 'pn'
  const author = formatAddress(sender.person.phone, addressing)
  const phones = group ? [...group.members.keys()] : address ? [address.phone] : []
  const stanza = node(
    'chatstate',
    isGroupJid(to) ? { from: to, participant: author } : { from: author },
    chatState.content,
  )
  for (const phone of phones) {
    const person = world.persons.find(phone)
    if (!person || person === sender.person || person.blocked.has(sender.person.phone)) continue
    for (const device of world.persons.devicesOf(person)) device.send(stanza)
  }
}
