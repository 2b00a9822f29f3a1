import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Device } from '../server/device.ts'
import { allChildren, bytesOf, childOf } from '../server/nodes.ts'
import type { Connection } from '../wire/connection-paths.ts'
import type { Armory } from './armory.ts'
import { shuffle } from './chance.ts'

/** Breaks the order and the number of stanzas on their way to a client. */
export function bendStanzas(connection: Connection, device: Device, armory: Armory): void {
  const shuffleOffline = createOfflineShuffle(device, armory)
  const holdAcks = createAckHold(device, armory)

  connection.paths.sending = (stanza, send) => {
    if (isWaitingMessage(stanza) && armory.spend('lost-offline', device)) return
    shuffleOffline(stanza, (next) =>
      holdAcks(next, (held) => {
        const sent = isSealed(held) && armory.spend('garbled', device) ? garbled(held) : held
        send(sent)
        if (held.tag === 'message' && armory.spend('duplicate', device)) send(held)
      }),
    )
  }
}

const isWaitingMessage = ({ tag, attrs }: BinaryNode): boolean =>
  tag === 'message' && attrs.offline !== undefined

const isSealed = (stanza: BinaryNode): boolean =>
  stanza.tag === 'message' && childOf(stanza, 'enc') !== undefined

/** Whoever opens it sees that somebody changed it. */
function garbled(stanza: BinaryNode): BinaryNode {
  const content = allChildren(stanza).map((child) => {
    if (child.tag !== 'enc') return child
    const bytes = Buffer.from(bytesOf(child))
    // The ends of a first message are numbers that nobody seals.
    const middle = Math.floor(bytes.length / 2)
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle)
    return { ...child, content: bytes }
  })
  return { ...stanza, content }
}

type Send = (stanza: BinaryNode) => void
type Bend = (stanza: BinaryNode, send: Send) => void

/** Keeps what waited for the client until all of it is there, and lets it go in another order. */
function createOfflineShuffle(device: Device, armory: Armory): Bend {
  let kept: BinaryNode[] | undefined
  let seed = 0

  return (stanza, send) => {
    if (stanza.attrs.offline === '1') {
      const fault = armory.spend('shuffled-offline', device)
      if (fault) {
        kept = []
        seed = fault.seed
      }
    }
    if (kept && stanza.attrs.offline !== undefined) {
      kept.push(stanza)
      return
    }
    if (kept && childOf(stanza, 'offline')) {
      const shuffled = shuffle(kept, seed)
      kept = undefined
      shuffled.forEach(send)
    }
    send(stanza)
  }
}

/** Loses acks of messages, or lets the receipt for a message go before them. */
function createAckHold(device: Device, armory: Armory): Bend {
  const held = new Map<string, () => void>()

  return (stanza, send) => {
    const { id = '', class: kind, error } = stanza.attrs
    if (stanza.tag === 'ack' && kind === 'message' && error === undefined) {
      if (armory.spend('lost-ack', device)) return
      const late = armory.spend('late-ack', device)
      if (late) {
        const timer = setTimeout(() => release(id), late.ms).unref()
        held.set(id, () => {
          clearTimeout(timer)
          send(stanza)
        })
        return
      }
    }
    send(stanza)
    if (stanza.tag === 'receipt') release(id)
  }

  function release(id: string): void {
    const sendAck = held.get(id)
    held.delete(id)
    sendAck?.()
  }
}
