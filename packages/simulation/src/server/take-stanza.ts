import type { BinaryNode } from '@whiskeysockets/baileys'
import { formatAddress } from './address.ts'
import { answerQuery } from './answer-query.ts'
import type { Device } from './device.ts'
import { attributes, childOf, node } from './nodes.ts'
import { routeMessage } from './route-message.ts'
import { routeChatState, routePresence } from './route-presence.ts'
import { routeReceipt } from './route-receipt.ts'
import { seconds, type World } from './world.ts'

type StanzaHandler = (world: World, sender: Device, stanza: BinaryNode) => void

const HANDLERS: Record<string, StanzaHandler> = {
  iq: answerQuery,
  message: routeMessage,
  receipt: routeReceipt,
  presence: routePresence,
  chatstate: routeChatState,
  notification: routeNotification,
  ack: (_world, { mailbox }, { attrs }) => void mailbox.taken(attrs.class ?? '', attrs),
  ib: (_world, { companion }, stanza) => {
    if (childOf(stanza, 'offline_batch')) companion?.session?.onOfflineBatch()
  },
  call: (_world, sender, { attrs }) => {
    sender.send(
      node('ack', { id: attrs.id, class: 'call', from: attrs.to }, [node('error', { code: '501' })]),
    )
  },
}

/** Takes whatever a device sends that is logged in, or a phone. */
export function takeStanza(world: World, sender: Device, stanza: BinaryNode): void {
  const handler = Object.hasOwn(HANDLERS, stanza.tag) ? HANDLERS[stanza.tag] : undefined
  if (handler) {
    handler(world, sender, stanza)
    return
  }
  // WhatsApp ends a stream that brings what it does not know.
  sender.send(node('stream:error', {}, [node('xml-not-well-formed')]))
  sender.companion?.session?.connection.close(`an unknown stanza: ${stanza.tag.slice(0, 40)}`)
}

/** A phone answers one of its own companions, as about a file that it uploaded again. */
function routeNotification(world: World, sender: Device, notification: BinaryNode): void {
  const { to, ...attrs } = notification.attrs
  const target = world.persons.deviceAt(to)
  sender.send(node('ack', { id: attrs.id, class: 'notification', from: to, type: attrs.type }))
  if (target?.person !== sender.person) return
  const from = formatAddress(sender.person.phone, 'pn', sender.number)
  world.deliver(target, { ...notification, attrs: attributes({ ...attrs, from, t: seconds(world) }) })
}
