import { S_WHATSAPP_NET } from '@whiskeysockets/baileys'
import type { WASocket } from './open-socket.ts'

/** When a silent socket is doubted, and when it is given up. */
export interface LivenessTimes {
  /** After so long without a frame WhatsApp is asked whether it is there. */
  silenceMs: number
  /** It has so long to answer, with whatever frame. */
  probeMs: number
}

export interface Liveness {
  /** WhatsApp understands pings now. */
  open(): void
  stop(): void
}

/** A quiet line is kept open by pings, as WhatsApp Web does; a router forgets a line that nobody uses. */
const PING_EVERY_MS = 25_000
/** Pings that go out in one silence, before the last one that must be answered. */
const PINGS_IN_SILENCE = 3

/**
 * Watches the traffic of one socket: every frame is a sign of life, and nothing else is. A connection that only the
 * other side knows to be over (a router that forgot it, a host that is gone) looks open for ever otherwise.
 *
 * @param onDead called once, when the last question stayed without an answer
 */
export function watchLiveness(
  socket: Pick<WASocket, 'ws' | 'sendNode' | 'generateMessageTag'>,
  { silenceMs, probeMs }: LivenessTimes,
  onDead: () => void,
): Liveness {
  const pingEveryMs = Math.min(PING_EVERY_MS, silenceMs / PINGS_IN_SILENCE)
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let isOpen = false
  let heardAt = performance.now()
  let pingedAt = heardAt
  const hear = () => {
    heardAt = performance.now()
  }
  socket.ws.on('message', hear)

  function ping(): void {
    pingedAt = performance.now()
    // One that cannot be sent is not answered either.
    if (isOpen) socket.sendNode(pingOf(socket.generateMessageTag())).catch(() => undefined)
  }

  function look(): void {
    const now = performance.now()
    if (now - heardAt >= silenceMs) {
      probe()
      return
    }
    if (now - Math.max(heardAt, pingedAt) >= pingEveryMs) ping()
    const dueAt = Math.min(heardAt + silenceMs, Math.max(heardAt, pingedAt) + pingEveryMs)
    timer = setTimeout(look, Math.max(1, dueAt - now))
  }

  function probe(): void {
    const askedAt = heardAt
    ping()
    const judge = () => {
      if (stopped) return
      if (heardAt === askedAt) onDead()
      else look()
    }
    // A process that was held up reads first what came meanwhile.
    timer = setTimeout(() => setImmediate(judge), probeMs)
  }

  look()
  return {
    open() {
      isOpen = true
    },
    stop() {
      stopped = true
      clearTimeout(timer)
      socket.ws.off('message', hear)
    },
  }
}

const pingOf = (id: string) => ({
  tag: 'iq',
  attrs: { id, to: S_WHATSAPP_NET, type: 'get', xmlns: 'w:p' },
  content: [{ tag: 'ping', attrs: {} }],
})
