import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'

/**
 * What became of a stanza. `none`: nothing was heard while somebody listened, it may still have been taken.
 */
export type Ack = { kind: 'acknowledged' } | { kind: 'refused'; code: string } | { kind: 'none' }

/** One message whose acknowledgement is awaited. */
export interface AwaitedAck {
  /** Waits at most `timeoutMs`; may be asked again, later answers say more. */
  within(timeoutMs: number): Promise<Ack>
  /** Stops listening; from now on the acknowledgement counts as late. */
  release(): void
}

/**
 * WhatsApp's acknowledgements. Baileys tells of refusals only; the acknowledgement itself is a stanza
 * `<ack class="message" id=...>`, with `error` when it is a refusal.
 */
export interface Acks {
  listen(instanceId: string, socket: WASocket): void
  /** The socket is gone: who waits is told `none` at once. */
  forget(instanceId: string): void
  /** Register before the send: the stanza may be answered before the send returns. */
  expect(instanceId: string, waMessageId: string): AwaitedAck
}

export type OnLateAck = (instanceId: string, waMessageId: string, ack: Ack) => void

/** @param onLate told of acknowledgements that nobody awaits any more */
export function createAcks(onLate: OnLateAck): Acks {
  const awaited = new Map<string, { instanceId: string; settle: (ack: Ack) => void }>()
  const keyOf = (instanceId: string, id: string) => `${instanceId} ${id}`

  function onNode(instanceId: string, { attrs }: BinaryNode): void {
    const { id, error } = attrs
    if (id === undefined) return
    const ack: Ack = error === undefined ? { kind: 'acknowledged' } : { kind: 'refused', code: error }
    const waiter = awaited.get(keyOf(instanceId, id))
    if (waiter) waiter.settle(ack)
    else onLate(instanceId, id, ack)
  }

  return {
    listen(instanceId, socket) {
      socket.ws.on('CB:ack,class:message', (node: BinaryNode) => onNode(instanceId, node))
    },
    forget(instanceId) {
      for (const waiter of awaited.values()) {
        if (waiter.instanceId === instanceId) waiter.settle({ kind: 'none' })
      }
    },
    expect(instanceId, id) {
      const { promise, resolve } = Promise.withResolvers<Ack>()
      const waiter = { instanceId, settle: resolve }
      awaited.set(keyOf(instanceId, id), waiter)
      return {
        within: (timeoutMs) => orNone(promise, timeoutMs),
        release: () => {
          if (awaited.get(keyOf(instanceId, id)) === waiter) awaited.delete(keyOf(instanceId, id))
        },
      }
    },
  }
}

async function orNone(ack: Promise<Ack>, timeoutMs: number): Promise<Ack> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<Ack>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'none' }), timeoutMs)
  })
  try {
    return await Promise.race([ack, timeout])
  } finally {
    clearTimeout(timer)
  }
}
