import type { ExpectedMessage } from './plan-inbound.ts'
import type { StoredMessage } from './read-database.ts'

/** What is stored against what customers wrote. Each list is empty when all is well. */
export interface InboundFaults {
  lost: string[]
  /** Stored, though nobody wrote it: also what is stored twice. */
  unknown: string[]
  outOfOrder: string[]
  undecryptable: string[]
  /** Of another type, with another text, without its edit, reaction or vote. */
  changed: string[]
}

/** As the API calls what a phone calls otherwise. */
const TYPES: Partial<Record<ExpectedMessage['kind'], string>> = { voice: 'audio', quote: 'text' }

export function judgeInbound(expected: ExpectedMessage[], stored: StoredMessage[]): InboundFaults {
  const faults: InboundFaults = { lost: [], unknown: [], outOfOrder: [], undecryptable: [], changed: [] }
  const byId = Map.groupBy(stored, ({ id }) => id)
  for (const message of expected) {
    const [found] = byId.get(message.id) ?? []
    const name = `${message.id} (${message.kind} of ${message.author} in ${message.chat.name})`
    if (!found) faults.lost.push(name)
    else if (found.type === 'undecryptable') faults.undecryptable.push(name)
    else faults.changed.push(...differences(message, found).map((difference) => `${name}: ${difference}`))
  }
  const known = new Set(expected.map(({ id }) => id))
  for (const [id, rows] of byId) {
    for (const { chat, type, text } of known.has(id) ? rows.slice(1) : rows) {
      // An act that could not be opened is no message when it can be.
      const list = type === 'undecryptable' ? faults.undecryptable : faults.unknown
      list.push(`${id} in ${chat}: ${type} ${text}`)
    }
  }
  for (const mine of Map.groupBy(expected, ({ chat }) => chat).values()) {
    faults.outOfOrder.push(...findOvertaken(mine, stored))
  }
  return faults
}

function differences(expected: ExpectedMessage, found: StoredMessage): string[] {
  const wanted = {
    instanceId: expected.chat.instanceId,
    chat: expected.chat.name,
    type: expected.revoked ? 'revoked' : (TYPES[expected.kind] ?? expected.kind),
    text: expected.revoked ? null : expected.text,
    ...(expected.revoked ? {} : { quotedId: expected.quotedId ?? null, edits: expected.edits }),
    reactions: expected.reaction === undefined ? [] : [expected.reaction],
    votes: expected.vote === undefined ? [] : [expected.vote],
  }
  const is: Record<string, unknown> = { ...found }
  return Object.entries(wanted).flatMap(([name, value]) =>
    JSON.stringify(is[name]) === JSON.stringify(value)
      ? []
      : [`${name} is ${JSON.stringify(is[name])}, not ${JSON.stringify(value)}`],
  )
}

/** @param expected of one chat, in the order of its writing */
function findOvertaken(expected: ExpectedMessage[], stored: StoredMessage[]): string[] {
  const rank = new Map(stored.map(({ id }, index) => [id, index]))
  const arrived = expected.flatMap(({ id }) => rank.get(id) ?? [])
  return arrived.flatMap((place, index) => {
    const before = arrived[index - 1]
    return before !== undefined && before > place
      ? [`${stored[before]?.id} is stored after ${stored[place]?.id}`]
      : []
  })
}
