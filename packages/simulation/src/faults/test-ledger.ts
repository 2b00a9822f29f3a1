import { parseAddress } from '../server/address.ts'
import { allChildren, childOf } from '../server/nodes.ts'
import type { WhatsAppServer } from '../server/whatsapp-server.ts'

/** What a server believes of messages, by `author id reader device`. */
export interface Ledger {
  /** It put them into a device's mailbox. */
  readonly routed: ReadonlySet<string>
  /** A device told that it has them. */
  readonly confirmed: ReadonlySet<string>
  /** Stanzas that wait for a confirmation, over all devices. */
  waiting(): number
}

export const entryOf = (message: { author: string; id: string; reader: string; device: number }): string =>
  `${message.author} ${message.id} ${message.reader} ${message.device}`

/** Writes down what a server does with messages between two people. Call it before clients come. */
export function keepLedger({ world }: WhatsAppServer): Ledger {
  const routed = new Set<string>()
  const confirmed = new Set<string>()
  const { deliver, take } = world

  world.deliver = (device, stanza) => {
    const author = parseAddress(stanza.attrs.from)?.phone
    if (stanza.tag === 'message' && author) {
      const { person, number } = device
      routed.add(entryOf({ author, id: stanza.attrs.id ?? '', reader: person.phone, device: number }))
    }
    deliver(device, stanza)
  }
  world.take = (sender, stanza) => {
    const { id, to, type } = stanza.attrs
    const author = parseAddress(to)?.phone
    if (stanza.tag === 'receipt' && type !== 'retry' && author) {
      const listed = allChildren(childOf(stanza, 'list')).map(({ attrs }) => attrs.id)
      for (const one of [id, ...listed]) {
        const { person, number } = sender
        confirmed.add(entryOf({ author, id: one ?? '', reader: person.phone, device: number }))
      }
    }
    take(sender, stanza)
  }

  return {
    routed,
    confirmed,
    waiting: () =>
      world.persons
        .all()
        .flatMap(({ devices }) => [...devices.values()])
        .reduce((sum, { mailbox }) => sum + mailbox.size, 0),
  }
}
