import type { BinaryNode } from '@whiskeysockets/baileys'
import { formatAddress } from './address.ts'
import type { Person } from './device.ts'
import { node } from './nodes.ts'
import { seconds, type World } from './world.ts'

export type CallEvent = 'offer' | 'accept' | 'reject' | 'timeout' | 'terminate'

export interface Call {
  id: string
  from: Person
  to: Person
  video: boolean
}

/** Tells the clients of whom is called that it rings, or what became of it. Phones here neither ring nor answer. */
export function tellCall(world: World, { id, from, to, video }: Call, event: CallEvent): void {
  const caller = formatAddress(from.phone, 'lid')
  const attrs = { 'call-id': id, 'call-creator': caller, caller_pn: formatAddress(from.phone, 'pn') }
  const media = node(video ? 'video' : 'audio')
  for (const device of to.devices.values()) {
    if (!device.companion) continue
    const stanza = node('call', { from: caller, id: world.nextId(), t: seconds(world) }, [
      eventNode(event, attrs, media),
    ])
    world.deliver(device, stanza)
  }
}

function eventNode(event: CallEvent, attrs: Record<string, string>, media: BinaryNode): BinaryNode {
  if (event === 'offer') return node('offer', attrs, [media])
  return event === 'timeout' ? node('terminate', { ...attrs, reason: 'timeout' }) : node(event, attrs)
}
