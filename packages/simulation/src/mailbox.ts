import type { CustomerMessage } from './customer-message.ts'

export type Delivery = 'delivered' | 'queued' | 'full'

/** What waits for one account's device: kept until the device says that it took it, repeated when it comes back. */
export interface Mailbox {
  /**
   * @returns `delivered` when it went out on the wire, `queued` when it waits for a connection, `full` when it was
   * not taken
   */
  put(message: CustomerMessage): Promise<Delivery>
  /** The device acknowledged this message: it is not repeated. */
  taken(id: string): void
  /** A device is there: everything it has not taken goes out, oldest first. */
  opened(): void
  /** No device is there any more. */
  closed(): void
}

interface Entry {
  message: CustomerMessage
  settle?: (delivery: Delivery) => void
}

/**
 * @param deliver puts one message on the wire; `false` when the connection was lost under it
 * @param limit messages that may wait for being taken
 */
export function createMailbox(
  deliver: (message: CustomerMessage) => Promise<boolean>,
  limit: number,
): Mailbox {
  const kept = new Map<string, Entry>()
  let line: Entry[] = []
  let open = false
  let delivering = false

  async function deliverLine(): Promise<void> {
    if (delivering) return
    delivering = true
    while (open) {
      const entry = line.shift()
      if (!entry) break
      // Taken meanwhile from an earlier connection: not repeated.
      if (!entry.settle && !kept.has(entry.message.id)) continue
      // It stays kept either way, and goes out again with the next connection.
      const delivered = await deliver(entry.message).catch(() => false)
      settle(entry, delivered ? 'delivered' : 'queued')
    }
    delivering = false
  }

  return {
    put(message) {
      if (kept.size >= limit && !kept.has(message.id)) return Promise.resolve('full')
      const entry: Entry = { message }
      kept.set(message.id, entry)
      if (!open) return Promise.resolve('queued')
      const settled = new Promise<Delivery>((resolve) => {
        entry.settle = resolve
      })
      line.push(entry)
      void deliverLine()
      return settled
    },
    taken: (id) => void kept.delete(id),
    opened() {
      for (const entry of line) settle(entry, 'queued')
      line = [...kept.values()]
      open = true
      void deliverLine()
    },
    closed() {
      open = false
      for (const entry of line) settle(entry, 'queued')
      line = []
    },
  }
}

function settle(entry: Entry, delivery: Delivery): void {
  entry.settle?.(delivery)
  delete entry.settle
}
