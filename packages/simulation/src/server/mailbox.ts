import type { BinaryNode } from '@whiskeysockets/baileys'
import { parseAddress } from './address.ts'

/** What waits for one device: kept until the device confirms it, repeated in order when it comes back. */
export interface Mailbox {
  /** @returns false when it is full, and the stanza was not taken */
  put(node: BinaryNode): boolean
  /** The device confirmed a stanza with this tag, by a receipt or an ack. Returns the stanza. */
  taken(tag: string, confirmation: BinaryNode['attrs']): BinaryNode | undefined
  /** A stanza that `open` handed out is done with. */
  forget(node: BinaryNode): void
  /** How many wait. */
  readonly size: number
  /** How many wait, by tag. */
  count(): Record<string, number>
  /**
   * A connection is there: everything kept goes out, oldest first, then `done` is called with their number, then goes
   * out whatever comes.
   */
  open(deliver: Deliver, done: (count: number) => void): void
  /** The connection is gone: from now on stanzas wait. */
  close(): void
}

/** @param offline counts from 1 what waited for the connection; undefined for what came after */
export type Deliver = (node: BinaryNode, offline?: number) => void

/** Stanzas that go out in one turn: a long queue must not keep everybody else waiting. */
const TURN = 100

/** @param limit stanzas that may wait */
export function createMailbox(limit: number): Mailbox {
  const kept = new Set<BinaryNode>()
  const byId = new Map<string, BinaryNode[]>()
  /** What the connection that is served was not sent yet; undefined when there is none, or it was sent all. */
  let line: BinaryNode[] | undefined
  let deliver: Deliver | undefined

  function drain(waiting: BinaryNode[], send: Deliver, done: (count: number) => void): void {
    const offline = waiting.length
    let position = 0
    const turn = () => {
      for (const end = position + TURN; position < end; position++) {
        if (line !== waiting) return
        if (position === offline) done(offline)
        const node = waiting[position]
        if (!node) {
          line = undefined
          return
        }
        if (kept.has(node)) send(node, position < offline ? position + 1 : undefined)
      }
      setImmediate(turn)
    }
    turn()
  }

  function remove(node: BinaryNode): void {
    const id = node.attrs.id ?? ''
    kept.delete(node)
    const left = (byId.get(id) ?? []).filter((other) => other !== node)
    if (left.length > 0) byId.set(id, left)
    else byId.delete(id)
  }

  return {
    put(node) {
      if (kept.size >= limit) return false
      const id = node.attrs.id ?? ''
      kept.add(node)
      byId.set(id, [...(byId.get(id) ?? []), node])
      if (line) line.push(node)
      else deliver?.(node)
      return true
    },
    taken(tag, confirmation) {
      const sameId = byId.get(confirmation.id ?? '') ?? []
      const node = sameId.find((other) => other.tag === tag && isMeant(other.attrs, confirmation))
      if (node) remove(node)
      return node
    },
    forget: remove,
    get size() {
      return kept.size
    },
    count() {
      const counts: Record<string, number> = {}
      for (const { tag } of kept) counts[tag] = (counts[tag] ?? 0) + 1
      return counts
    },
    open(next, done) {
      deliver = next
      line = [...kept]
      drain(line, next, done)
    },
    close() {
      deliver = undefined
      line = undefined
    },
  }
}

/** Whether a confirmation is of this stanza and not of one with the same id in another chat. */
function isMeant(stanza: BinaryNode['attrs'], { to, participant }: BinaryNode['attrs']): boolean {
  // Baileys confirms what its own account sent from another device without saying to whom.
  if (!to) return true
  if (participant && stanza.participant && userOf(participant) !== userOf(stanza.participant)) return false
  return userOf(to) === userOf(stanza.from) || userOf(to) === userOf(stanza.recipient)
}

function userOf(jid: string | undefined): string | undefined {
  return parseAddress(jid)?.phone ?? jid
}
