import type { BinaryNode } from '@whiskeysockets/baileys'
import { formatAddress, isGroupJid, parseAddress } from './address.ts'
import type { Device } from './device.ts'
import { allChildren, childOf, node } from './nodes.ts'
import { seconds, type World } from './world.ts'

/** What a receipt says, and whom it is for. */
type Audience = 'author' | 'author device' | 'own devices' | 'nobody'

/** A receipt of a device that nobody looks at is a plain delivery to everybody else. */
const INACTIVE = 'inactive'

/**
 * Takes a receipt: the stanza that it confirms leaves its sender's mailbox, the server acknowledges it, and it goes
 * on to the devices of whoever wrote the message.
 */
export function routeReceipt(world: World, sender: Device, receipt: BinaryNode): void {
  const { id, to, type, participant } = receipt.attrs
  const confirmed = confirm(sender, receipt)
  sender.send(node('ack', { id, class: 'receipt', from: to, participant, type }))
  const author = participant ?? to ?? confirmed?.attrs.from
  const targets = findTargets(world, sender, { author, audience: audienceOf(type) })
  for (const target of targets) world.deliver(target, receiptStanza(world, sender, target, receipt))
  if (type === 'read') tellOwnDevices(world, sender, receipt)
}

/** Every stanza that it names; a receipt for several lists the others. A device that asks again has not got it. */
function confirm(sender: Device, receipt: BinaryNode): BinaryNode | undefined {
  if (receipt.attrs.type === 'retry') return undefined
  const ids = [receipt.attrs.id, ...allChildren(childOf(receipt, 'list')).map(({ attrs }) => attrs.id)]
  const [first] = ids.map((id) => sender.mailbox.taken('message', { ...receipt.attrs, id: id ?? '' }))
  return first
}

function audienceOf(type: string | undefined): Audience {
  switch (type) {
    case undefined:
    case INACTIVE:
    case 'delivery':
    case 'read':
    case 'played':
      return 'author'
    case 'retry':
    case 'sender':
    case 'peer_msg':
    case 'server-error':
      return 'author device'
    case 'read-self':
    case 'played-self':
      return 'own devices'
    default:
      return 'nobody'
  }
}

function findTargets(
  world: World,
  sender: Device,
  { author, audience }: { author: string | undefined; audience: Audience },
): Device[] {
  if (audience === 'nobody') return []
  if (audience === 'own devices') return ownOthers(world, sender)
  if (audience === 'author device') {
    const device = world.persons.deviceAt(author)
    return device ? [device] : []
  }
  const person = world.persons.at(author)
  return person ? world.persons.devicesOf(person).filter((device) => device !== sender) : []
}

/** The account's other devices learn what was read here. */
function tellOwnDevices(world: World, sender: Device, receipt: BinaryNode): void {
  const author = world.persons.at(receipt.attrs.participant ?? receipt.attrs.to)
  for (const target of ownOthers(world, sender)) {
    if (target.person === author) continue
    world.deliver(target, receiptStanza(world, sender, target, receipt))
  }
}

function ownOthers(world: World, sender: Device): Device[] {
  return world.persons.devicesOf(sender.person).filter((device) => device !== sender)
}

function receiptStanza(world: World, sender: Device, target: Device, receipt: BinaryNode): BinaryNode {
  const { id, to, type, participant, recipient } = receipt.attrs
  const named = parseAddress(participant ?? to)
  const from = formatAddress(sender.person.phone, named?.addressing ?? 'pn', sender.number)
  const own = target.person === sender.person
  return node(
    'receipt',
    {
      id,
      t: seconds(world),
      type: type === INACTIVE ? undefined : type,
      ...(isGroupJid(to) ? { from: to, participant: from } : { from }),
      recipient:
        recipient ?? (own && !isGroupJid(to) && type !== 'retry' && type !== 'peer_msg' ? to : undefined),
    },
    receipt.content,
  )
}
