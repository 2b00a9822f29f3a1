import { SENT_OR_FURTHER } from '../parts/sent-or-further.ts'
import type { QueuedMessage } from './queue-outbound.ts'
import type { StoredDelivery } from './read-database.ts'
import type { Phones, ShownMessage } from './read-phones.ts'

/** What phones show against what was queued. Each list is empty when all is well. */
export interface OutboundFaults {
  notShown: string[]
  shownTwice: string[]
  /** Shown, though nobody queued it. */
  strange: string[]
  overtaken: string[]
  /** Of another type or with another text. */
  distorted: string[]
  /** Neither sent nor on its way. */
  stuck: string[]
  /** What phones told of it is not what is known. */
  receipts: string[]
}

export function judgeOutbound(
  queued: QueuedMessage[][],
  deliveries: StoredDelivery[],
  phones: Phones,
): OutboundFaults {
  const faults: OutboundFaults = {
    ...{ notShown: [], shownTwice: [], strange: [], overtaken: [], distorted: [], stuck: [], receipts: [] },
  }
  const byId = new Map(deliveries.map((delivery) => [delivery.id, delivery]))
  for (const messages of queued) {
    const [first] = messages
    if (!first) continue
    const views = phones.get(first.chat) ?? new Map<string, ShownMessage[]>()
    for (const message of messages) judgeOne(message, byId, views, faults)
    const ids = messages.map(({ id }) => byId.get(id)?.waMessageId)
    for (const [phone, shown] of views) {
      const strange = shown.filter(({ id }) => !ids.includes(id))
      faults.strange.push(...strange.map(({ id, type, text }) => `${phone} shows ${id}: ${type} ${text}`))
      faults.overtaken.push(...findOvertaken(phone, ids, shown))
    }
  }
  return faults
}

type Views = ReadonlyMap<string, ShownMessage[]>

function judgeOne(
  message: QueuedMessage,
  deliveries: Map<string, StoredDelivery>,
  views: Views,
  faults: OutboundFaults,
): void {
  const delivery = deliveries.get(message.id)
  const name = `${message.name} (${message.kind} to ${message.chat.name}, ${message.id})`
  if (!delivery) return void faults.notShown.push(`${name} was accepted, and is not there`)
  const { state, errorCode, attempts, waMessageId } = delivery
  if (!SENT_OR_FURTHER.includes(state)) {
    return void faults.stuck.push(`${name} is ${state} ${errorCode ?? ''} after ${attempts} attempts`)
  }
  if (message.kind === 'reaction') judgeReaction(name, message, deliveries, views, faults)
  else for (const [phone, shown] of views) judgeShown(name, message, waMessageId, { phone, shown }, faults)
  judgeReceipts(name, message, delivery, views, faults)
}

function judgeShown(
  name: string,
  message: QueuedMessage,
  waMessageId: string | null,
  { phone, shown }: { phone: string; shown: ShownMessage[] },
  faults: OutboundFaults,
): void {
  const [mine, again] = shown.filter(({ id }) => id === waMessageId)
  if (!mine) return void faults.notShown.push(`${name} is not shown to ${phone} (${waMessageId})`)
  if (again) faults.shownTwice.push(`${name} is shown to ${phone} again`)
  const type = message.kind === 'template' ? 'text' : message.kind
  const text = textOf(message)
  if (mine.type !== type || mine.text !== text) {
    faults.distorted.push(
      `${name} is ${mine.type} ${JSON.stringify(mine.text)} to ${phone}, not ${type} ${text}`,
    )
  }
}

function textOf({ kind, name }: QueuedMessage): string | null {
  if (kind === 'template') return `Hello ${name}, welcome! How can we help you?`
  return ['audio', 'voice', 'sticker'].includes(kind) ? null : name
}

function judgeReaction(
  name: string,
  { chat, emoji, targetId }: QueuedMessage,
  deliveries: Map<string, StoredDelivery>,
  views: Views,
  faults: OutboundFaults,
): void {
  const reactedTo = deliveries.get(targetId ?? '')?.waMessageId
  for (const [phone, shown] of views) {
    const reactions = shown.find(({ id }) => id === reactedTo)?.reactions ?? []
    if (reactions.some((reaction) => reaction.from === chat.account && reaction.emoji === emoji)) continue
    faults.notShown.push(`${name}: ${phone} shows ${JSON.stringify(reactions)}, not ${emoji}`)
  }
}

/**
 * Each phone that has a message has said so; who read it has said that, too. In a chat of two that is the delivery's
 * state, in a group it is kept for each member. Of a reaction nobody says that it was read.
 */
function judgeReceipts(
  name: string,
  { kind, chat }: QueuedMessage,
  { state, receipts, waMessageId }: StoredDelivery,
  views: Views,
  faults: OutboundFaults,
): void {
  const isRead = ([, shown]: [string, ShownMessage[]]) =>
    shown.find(({ id }) => id === waMessageId)?.read === true
  const readers = kind === 'reaction' ? 0 : [...views].filter(isRead).length
  if (!chat.name.includes('@')) {
    const expected = readers > 0 ? 'READ' : 'DELIVERED'
    if (state !== expected) faults.receipts.push(`${name} is ${state}, not ${expected}`)
    return
  }
  const { DELIVERED: delivered = 0, READ: read = 0 } = receipts
  if (delivered !== views.size)
    faults.receipts.push(`${name}: ${delivered} of ${views.size} said that they have it`)
  if (read !== readers) faults.receipts.push(`${name}: ${read} of ${readers} said that they read it`)
}

function findOvertaken(phone: string, ids: (string | null | undefined)[], shown: ShownMessage[]): string[] {
  const places = shown.flatMap(({ id }) => (ids.includes(id) ? [ids.indexOf(id)] : []))
  return places.flatMap((place, index) => {
    const before = places[index - 1]
    return before !== undefined && before > place
      ? [`${phone} shows ${ids[before]} before ${ids[place]}`]
      : []
  })
}
