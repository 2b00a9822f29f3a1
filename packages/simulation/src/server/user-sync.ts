import type { BinaryNode } from '@whiskeysockets/baileys'
import { formatAddress, parseAddress } from './address.ts'
import type { QueryHandler } from './answer-query.ts'
import type { Device, Person } from './device.ts'
import { allChildren, childOf, childrenOf, node, textOf } from './nodes.ts'
import { seconds, type World } from './world.ts'

const MAX_USERS = 1_000

/** Tells what a client asks about users: whether they are on WhatsApp, their LID, devices, status. */
export const answerUserSync: QueryHandler = (world, _sender, query) => {
  const usync = childOf(query, 'usync')
  const asked = allChildren(childOf(usync, 'query')).map(({ tag }) => tag)
  const users = childrenOf(childOf(usync, 'list'), 'user')
  if (users.length > MAX_USERS) return 400
  return [
    node('usync', { ...usync?.attrs }, [
      node(
        'result',
        {},
        asked.map((protocol) => node(protocol)),
      ),
      node(
        'list',
        {},
        users.flatMap((user) => describe(world, user, asked)),
      ),
    ]),
  ]
}

/** A user is named by jid, or by a phone number as people write it. */
function describe(world: World, user: BinaryNode, asked: string[]): BinaryNode[] {
  const number = textOf(childOf(user, 'contact')).replace(/\D/g, '')
  const address = parseAddress(user.attrs.jid ?? `${number}@s.whatsapp.net`)
  const person = address && world.persons.named(address.phone)
  if (!address || !person) {
    const jid = user.attrs.jid ?? `${number}@s.whatsapp.net`
    return asked.includes('contact') ? [node('user', { jid }, [node('contact', { type: 'out' })])] : []
  }
  const jid = formatAddress(person.phone, address.addressing)
  return [
    node(
      'user',
      { jid },
      asked.flatMap((tag) => protocolNode(world, person, tag, address.addressing)),
    ),
  ]
}

function protocolNode(
  world: World,
  person: Person,
  protocol: string,
  addressing: 'pn' | 'lid',
): BinaryNode[] {
  switch (protocol) {
    case 'contact':
      return [node('contact', { type: person.onWhatsApp ? 'in' : 'out' })]
    case 'devices':
      return person.onWhatsApp ? [devicesNode(world, person)] : []
    case 'lid':
      // Only who is named by phone has another name to learn.
      return addressing === 'pn' && person.onWhatsApp && !person.hidesLid
        ? [node('lid', { val: formatAddress(person.phone, 'lid') })]
        : []
    case 'status':
      return [node('status', { t: seconds(world) }, Buffer.from(person.about))]
    case 'disappearing_mode':
      return [node('disappearing_mode', { duration: '0', t: '0' })]
    default:
      return []
  }
}

function devicesNode(world: World, person: Person): BinaryNode {
  const devices = world.persons.devicesOf(person)
  return node('devices', {}, [
    node('device-list', {}, devices.map(deviceNode)),
    node('key-index-list', { ts: seconds(world) }),
  ])
}

function deviceNode({ number, companion }: Device): BinaryNode {
  return node('device', {
    id: String(number),
    'key-index': number === 0 ? undefined : String(companion?.keyIndex ?? number),
  })
}
