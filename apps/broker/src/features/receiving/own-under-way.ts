import { type AuthenticationCreds, areJidsSameUser, type BinaryNode } from '@whiskeysockets/baileys'

/** A message that is opened and committed takes longer than a receipt: so long its receipts wait for it. */
const MAX_WAIT_MS = 10_000
const MAX_UNDER_WAY = 1_000

interface Waiting {
  acts: (() => void)[]
  timer: NodeJS.Timeout
}

/**
 * Messages that our own phone wrote and that are still being opened. Baileys handles receipts beside messages, and
 * would tell that such a message was read before it told of the message.
 */
export class OwnUnderWay {
  readonly #waiting = new Map<string, Waiting>()

  /** A stanza came. Only what our own account wrote has receipts. */
  came(instanceId: string, { attrs }: BinaryNode, me: AuthenticationCreds['me']): void {
    const { id, recipient, participant } = attrs
    const isOwn =
      recipient !== undefined || [me?.id, me?.lid].some((jid) => areJidsSameUser(jid, participant))
    if (!id || !isOwn || this.#waiting.size >= MAX_UNDER_WAY) return
    const key = keyOf(instanceId, id)
    clearTimeout(this.#waiting.get(key)?.timer)
    const timer = setTimeout(() => this.#release(key), MAX_WAIT_MS).unref()
    this.#waiting.set(key, { acts: this.#waiting.get(key)?.acts ?? [], timer })
  }

  /** The message is told; its receipts follow when everybody has heard of it. */
  told(instanceId: string, id: string): void {
    queueMicrotask(() => this.#release(keyOf(instanceId, id)))
  }

  /** Runs an act at once, or when the message that it is about is told. */
  after(instanceId: string, id: string | null | undefined, act: () => void): void {
    const waiting = id ? this.#waiting.get(keyOf(instanceId, id)) : undefined
    if (waiting) waiting.acts.push(act)
    else act()
  }

  /** The socket is gone: what was not opened comes again, what was told of it does not. */
  forget(instanceId: string): void {
    for (const key of this.#waiting.keys()) if (key.startsWith(keyOf(instanceId, ''))) this.#release(key)
  }

  #release(key: string): void {
    const waiting = this.#waiting.get(key)
    if (!waiting) return
    this.#waiting.delete(key)
    clearTimeout(waiting.timer)
    for (const act of waiting.acts) act()
  }
}

const keyOf = (instanceId: string, id: string) => `${instanceId} ${id}`
