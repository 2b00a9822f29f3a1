import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type CrablineServer, HANDSHAKE_MESSAGES, UNHANDLED_MESSAGES_LIMIT } from './crabline.ts'
import type { CustomerMessage } from './customer-message.ts'
import { FrameGate } from './frame-gate.ts'
import { createMailbox, type Delivery } from './mailbox.ts'
import type { ReceivedMessages } from './received-messages.ts'
import type { WireEvent } from './wire-event.ts'

/** One WhatsApp account: the devices linked to it, and what customers wrote to it. */
export interface WhatsAppAccount {
  readonly phone: string
  /** Live WebSocket connections. */
  connections(): number
  /** Takes over a connection that asked for an upgrade. */
  accept(request: IncomingMessage, socket: Socket, head: Buffer): void
  /** A customer writes; kept and repeated until a device has taken it. */
  deliver(message: CustomerMessage): Promise<Delivery>
  /** Breaks every connection at once. */
  cut(): void
  close(): Promise<void>
}

/** Messages of customers that may wait for one account. */
const MAILBOX_LIMIT = 10_000

/** @param server the account's WhatsApp */
export function openWhatsAppAccount(
  phone: string,
  server: CrablineServer,
  received: ReceivedMessages,
): WhatsAppAccount {
  const gates = new Set<FrameGate>()
  const opened = new Set<FrameGate>()
  const mailbox = createMailbox((message) => server.deliver(message), MAILBOX_LIMIT)

  function closed(gate: FrameGate): void {
    gates.delete(gate)
    if (opened.delete(gate) && opened.size === 0) mailbox.closed()
  }

  function seen(gate: FrameGate, event: WireEvent): void {
    if (event.kind === 'stanza') received.stanza({ phone: event.phone, from: phone, id: event.id })
    if (event.kind === 'taken') event.ids.forEach(mailbox.taken)
    if (event.kind === 'accepted') {
      received.accepted({ phone: event.phone, from: phone, id: event.id }, event.text)
      return
    }
    gate.handled()
    if (event.kind === 'active' && gates.has(gate)) {
      opened.add(gate)
      mailbox.opened()
    }
  }

  function cut(): void {
    for (const gate of [...gates]) gate.destroy()
  }

  return {
    phone,
    connections: () => gates.size,
    accept(request, socket, head) {
      const gate = new FrameGate(socket, head, {
        limit: UNHANDLED_MESSAGES_LIMIT,
        uncounted: HANDSHAKE_MESSAGES,
        onClosed: () => closed(gate),
      })
      gates.add(gate)
      server.accept(request, gate, (event) => seen(gate, event))
    },
    deliver: (message) => mailbox.put(message),
    cut,
    async close() {
      cut()
      await server.close()
    },
  }
}
