import type { BinaryNode } from '@whiskeysockets/baileys'
import { type Addressing, formatAddress, parseAddress } from './address.ts'
import type { Device } from './device.ts'
import { allChildren, attributes, childrenOf } from './nodes.ts'

/** Where a message goes. */
export type Destination =
  | { kind: 'person'; phone: string; addressing: Addressing }
  | { kind: 'group'; jid: string; addressing: Addressing }

/** What of a message's attributes is as the sender wrote it. */
const KEPT = ['type', 'edit', 'category', 'push_priority', 'expiration'] as const
/** Children that are for the server, or chosen for each device. */
const NOT_PASSED_ON = new Set(['participants', 'enc', 'device-identity', 'tctoken', 'bot'])

/** One message as it was sent, taken apart once for all the devices that it goes to. */
export interface Fanout {
  /** Sealed for one device, by its address as `phone:device`. */
  readonly sealed: ReadonlyMap<string, BinaryNode[]>
  /** Sealed for whoever gets it: a group's sender key, or a single device's. */
  readonly direct: BinaryNode[]
  readonly others: BinaryNode[]
  readonly deviceIdentity: BinaryNode | undefined
}

export function readFanout(message: BinaryNode): Fanout {
  const sealed = new Map<string, BinaryNode[]>()
  for (const list of childrenOf(message, 'participants')) {
    for (const to of childrenOf(list, 'to')) {
      const address = parseAddress(to.attrs.jid)
      if (address) sealed.set(`${address.phone}:${address.device}`, allChildren(to))
    }
  }
  return {
    sealed,
    direct: childrenOf(message, 'enc'),
    others: allChildren(message).filter(({ tag }) => !NOT_PASSED_ON.has(tag)),
    deviceIdentity: childrenOf(message, 'device-identity')[0],
  }
}

/**
 * The stanza that brings a message to one device, as WhatsApp writes it.
 *
 * @param at epoch seconds
 */
export function messageStanza(
  message: BinaryNode,
  {
    sender,
    target,
    to,
    fanout,
    at,
  }: { sender: Device; target: Device; to: Destination; fanout: Fanout; at: string },
): BinaryNode {
  const sealed = [...(fanout.sealed.get(`${target.person.phone}:${target.number}`) ?? []), ...fanout.direct]
  const opensSession = sealed.some(({ attrs }) => attrs.type === 'pkmsg')
  return {
    tag: 'message',
    attrs: attributes({
      ...Object.fromEntries(KEPT.map((name) => [name, message.attrs[name]])),
      id: message.attrs.id,
      // Only a phone says of itself when something was written, and under which name.
      t: (sender.phone && message.attrs.t) || at,
      notify: (sender.phone && message.attrs.notify) || sender.person.pushName,
      ...names(sender, target, to),
    }),
    content: [
      ...sealed,
      ...(opensSession && fanout.deviceIdentity ? [fanout.deviceIdentity] : []),
      ...fanout.others,
    ],
  }
}

/** Who wrote, where, and the other name of whoever could be named otherwise. */
function names(sender: Device, target: Device, to: Destination): Record<string, string> {
  const { phone } = sender.person
  const { addressing } = to
  const author = formatAddress(phone, addressing, sender.number)
  const other = addressing === 'lid' ? 'pn' : 'lid'
  const alias = formatAddress(phone, other)
  const hides = other === 'pn' ? sender.person.hidesPhone : sender.person.hidesLid
  const hidden = hides && target.person !== sender.person
  const named = (member: string) => (hidden ? {} : { [`${member}_${other}`]: alias })
  if (to.kind === 'group') {
    return { from: to.jid, participant: author, ...named('participant'), addressing_mode: addressing }
  }
  if (target.person !== sender.person) return { from: author, ...named('sender') }
  if (to.phone === phone) return { from: author }
  return {
    from: author,
    recipient: formatAddress(to.phone, addressing),
    [`peer_recipient_${other}`]: formatAddress(to.phone, other),
  }
}
