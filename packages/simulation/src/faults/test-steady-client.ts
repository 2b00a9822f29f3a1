import { setTimeout as sleep } from 'node:timers/promises'
import type { WASocket } from '@whiskeysockets/baileys'
import { openClient, type TestAuth } from '../linking/test-linked-device.ts'
import { rememberOpened } from './test-remembering.ts'

/** What a client shows of one message. */
export interface ShownText {
  id: string
  chat: string
  text: string
  /** How often Baileys brought it. */
  times: number
}

/** A real Baileys client that comes back whenever its connection ends, and sends until the server has taken it. */
export interface SteadyClient {
  /** By chat and id. */
  readonly shown: ReadonlyMap<string, ShownText>
  /** Ids of own messages that somebody has, as the server told. */
  readonly delivered: ReadonlySet<string>
  readonly connections: number
  /** How often something was sent. */
  readonly sends: number
  /** Resolves when the server took it. */
  send(to: string, text: string, id: string): Promise<void>
  /** Resolves when a connection is open. */
  opened(): Promise<void>
  stop(): Promise<void>
}

const ANSWER_MS = 2_000
const AGAIN_MS = 20
const DELIVERY_ACK = 3

export function createSteadyClient(url: string, auth: TestAuth): SteadyClient {
  const written = new Map<string, string>()
  const acked = new Set<string>()
  const delivered = new Set<string>()
  const shown = new Map<string, ShownText>()
  const answers = new Map<string, () => void>()
  const remembered = rememberOpened()
  let stopped = false
  let connections = 0
  let sends = 0
  let current = connect()

  function connect() {
    connections += 1
    const opened = Promise.withResolvers<void>()
    const closed = Promise.withResolvers<void>()
    const socket = openClient(url, auth, {
      makeSignalRepository: remembered.makeRepository,
      getMessage: async ({ id }) => ({ conversation: written.get(id ?? '') ?? '' }),
      keepAliveIntervalMs: 500,
      // Longer than it takes to see that nobody is there: a query that ends without an answer names no devices.
      defaultQueryTimeoutMs: 10_000,
      fireInitQueries: false,
      emitOwnEvents: false,
    })
    endAtBadFrame(socket)
    socket.ev.on('connection.update', ({ connection }) => {
      if (connection === 'open') opened.resolve()
      if (connection !== 'close') return
      // Baileys throws away what it holds back at this moment.
      socket.ev.flush()
      closed.resolve()
      void comeBack()
    })
    listen(socket)
    return { socket, opened: opened.promise, closed: closed.promise }
  }

  function listen({ ev, ws }: WASocket): void {
    ws.on('CB:ack,class:message', ({ attrs }: { attrs: Record<string, string> }) => {
      if (attrs.error === undefined) acked.add(attrs.id ?? '')
      answers.get(attrs.id ?? '')?.()
    })
    ev.on('messages.upsert', ({ messages }) => {
      for (const { key, message } of messages) {
        const text = message?.conversation ?? message?.extendedTextMessage?.text
        const { id, remoteJid: chat } = key
        if (!id || !chat || !text || key.fromMe) continue
        const known = shown.get(`${chat} ${id}`)
        if (known) known.times += 1
        else shown.set(`${chat} ${id}`, { id, chat, text, times: 1 })
      }
    })
    ev.on('messages.update', (updates) => {
      for (const { key, update } of updates) {
        if ((update.status ?? 0) >= DELIVERY_ACK && key.id) delivered.add(key.id)
      }
    })
  }

  async function comeBack(): Promise<void> {
    // Two connections that work on one session at a time would spoil it.
    await remembered.fence()
    await sleep(AGAIN_MS)
    if (!stopped) current = connect()
  }

  async function sendOnce(to: string, text: string, id: string): Promise<void> {
    const { socket, opened, closed } = current
    await Promise.race([opened, closed])
    const answered = new Promise<void>((resolve) => answers.set(id, resolve))
    sends += 1
    const sending = socket.sendMessage(to, { text }, { messageId: id }).catch(() => undefined)
    const sent = sending.then(() => Promise.race([answered, sleep(ANSWER_MS, undefined, { ref: false })]))
    await Promise.race([sent, closed])
    answers.delete(id)
  }

  return {
    shown,
    delivered,
    get connections() {
      return connections
    },
    get sends() {
      return sends
    },
    async send(to, text, id) {
      written.set(id, text)
      while (!acked.has(id) && !stopped) {
        await sendOnce(to, text, id)
        if (!acked.has(id)) await sleep(AGAIN_MS)
      }
    },
    async opened() {
      for (let open = false; !open && !stopped; ) {
        const { opened, closed } = current
        open = await Promise.race([opened.then(() => true), closed.then(() => sleep(AGAIN_MS, false))])
      }
    },
    async stop() {
      stopped = true
      current.socket.end(undefined)
      await current.closed
    },
  }
}

/**
 * Baileys leaves a frame that it cannot open to the process, as a rejection that nobody handles, and goes on: an answer
 * that was in it never comes. A client that wants to lose nothing ends the connection.
 */
function endAtBadFrame({ ws, end }: WASocket): void {
  const [take] = ws.listeners('message')
  ws.removeAllListeners('message')
  ws.on('message', async (data: Buffer) => {
    try {
      await take?.(data)
    } catch (error) {
      void end(error instanceof Error ? error : undefined)
    }
  })
}
