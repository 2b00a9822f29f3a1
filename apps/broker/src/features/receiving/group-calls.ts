import type { WACallEvent } from '@whiskeysockets/baileys'

const MAX_CALLS = 1_000

/** Which group is called is said when it rings alone: what becomes of the call belongs to the same chat. */
export class GroupCalls {
  readonly #groups = new Map<string, string>()

  /** The call with its group, where that was told before. */
  complete(call: WACallEvent): WACallEvent {
    const { id, groupJid } = call
    if (groupJid === undefined) {
      const known = this.#groups.get(id)
      return known === undefined ? call : { ...call, groupJid: known }
    }
    this.#groups.set(id, groupJid)
    const [oldest] = this.#groups.keys()
    if (this.#groups.size > MAX_CALLS && oldest !== undefined) this.#groups.delete(oldest)
    return call
  }
}
