import type { BinaryNode } from '@whiskeysockets/baileys'
import { parseAddress } from './address.ts'
import type { Device, Person } from './device.ts'
import type { Group } from './groups.ts'
import { type Destination, type Fanout, messageStanza, readFanout } from './message-stanza.ts'
import { node } from './nodes.ts'
import { seconds, type World } from './world.ts'

/** A stanza that names nobody, or a group that its sender is not in. */
const NOT_FOUND = 404
const FORBIDDEN = 403
/** A message that is sealed for nobody, as Baileys sends it when it was told of no devices. */
const MALFORMED = 479
const TOO_MANY = 400
/** Devices that one message may be sealed for. */
const FANOUT_LIMIT = 5_000

/** Takes a message, answers it with an ack, and delivers it to every device that it is for. */
export function routeMessage(world: World, sender: Device, message: BinaryNode): void {
  const at = seconds(world)
  const plan = world.verdicts.message(sender, message) ?? planRoute(world, sender, message)
  const refused = typeof plan === 'number' ? String(plan) : undefined
  sender.send(
    node('ack', {
      id: message.attrs.id,
      class: 'message',
      from: message.attrs.to,
      participant: message.attrs.participant,
      t: at,
      error: refused,
    }),
  )
  if (typeof plan === 'number') return
  const { to, fanout, targets } = plan
  for (const target of targets) {
    world.deliver(target, messageStanza(message, { sender, target, to, fanout, at }))
  }
}

interface Route {
  to: Destination
  fanout: Fanout
  targets: Device[]
}

function planRoute(world: World, sender: Device, message: BinaryNode): Route | number {
  const { to } = message.attrs
  const fanout = readFanout(message)
  if (fanout.sealed.size > FANOUT_LIMIT) return TOO_MANY
  if (to === 'status@broadcast') return statusRoute(world, sender, fanout)
  const group = world.groups.find(to)
  if (group) return groupRoute(world, sender, message, { group, fanout })
  const address = parseAddress(to)
  const person = world.persons.at(to)
  if (!address || !person?.onWhatsApp) return NOT_FOUND
  if (fanout.sealed.size === 0 && fanout.direct.length === 0) return MALFORMED
  // A message to one of the account's own devices says in `recipient` which chat it belongs to.
  const chat = parseAddress(message.attrs.recipient)?.phone ?? address.phone
  acquaint(sender.person, person)
  const targets = fanout.direct.length > 0 ? singleTarget(world, to) : sealedTargets(world, sender, fanout)
  return {
    to: { kind: 'person', phone: chat, addressing: address.addressing },
    fanout,
    targets: targets.filter((target) => mayReceive(target.person, sender.person, person)),
  }
}

function groupRoute(
  world: World,
  sender: Device,
  message: BinaryNode,
  { group, fanout }: { group: Group; fanout: Fanout },
): Route | number {
  const role = group.members.get(sender.person.phone)
  if (role === undefined || (group.announce && role === 'member')) return FORBIDDEN
  const to = { kind: 'group', jid: group.jid, addressing: group.addressing } as const
  const { participant } = message.attrs
  if (participant) return { to, fanout, targets: singleTarget(world, participant) }
  const targets = [...group.members.keys()].flatMap((phone) => {
    const person = world.persons.named(phone)
    return person ? world.persons.devicesOf(person) : []
  })
  return { to, fanout, targets: targets.filter((target) => target !== sender) }
}

function statusRoute(world: World, sender: Device, fanout: Fanout): Route {
  const to = { kind: 'group', jid: 'status@broadcast', addressing: 'pn' } as const
  return { to, fanout, targets: sealedTargets(world, sender, fanout) }
}

function singleTarget(world: World, jid: string | undefined): Device[] {
  const device = world.persons.deviceAt(jid)
  return device ? [device] : []
}

function sealedTargets(world: World, sender: Device, { sealed }: Fanout): Device[] {
  return [...sealed.keys()].flatMap((key) => {
    const [phone = '', device] = key.split(':')
    const target = world.persons.deviceOf({ phone, device: Number(device) })
    return target && target !== sender ? [target] : []
  })
}

/** The account's own devices, and those of the other side unless it blocked the account. */
function mayReceive(target: Person, sender: Person, other: Person): boolean {
  return target === sender || (target === other && !isBlocked(other, sender))
}

/** By a client, which tells the server, or on the phone itself. */
function isBlocked({ blocked, devices }: Person, { phone }: Person): boolean {
  return blocked.has(phone) || (devices.get(0)?.phone?.blocked.has(phone) ?? false)
}

function acquaint(one: Person, other: Person): void {
  if (one === other) return
  one.acquaintances.add(other.phone)
  other.acquaintances.add(one.phone)
}
