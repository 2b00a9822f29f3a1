import { openServer, untilAllOpen } from './open-server.ts'

const SENDER = '5511990000001'
const READER = '5511980000001'

/**
 * Milliseconds that the server itself spends on each message that a client sends: from the stanza, opened, to the ack
 * and the deliveries, sealed and written.
 */
export async function measureMessages(count: number): Promise<number[]> {
  const { server, link, stop } = await openServer()
  try {
    const connect = await link(SENDER)
    const socket = connect()
    await untilAllOpen([socket])
    const spent: number[] = []
    for (const { connection } of server.connections()) {
      connection.paths.incoming = (stanza, take) => {
        const startedAt = performance.now()
        take(stanza)
        if (stanza.tag === 'message') spent.push(performance.now() - startedAt)
      }
    }
    for (let n = 0; n < count; n++) {
      const id = `BENCH-${n}`
      const acked = new Promise((resolve) => socket.ws.once(`TAG:${id}`, resolve))
      await socket.sendMessage(`${READER}@s.whatsapp.net`, { text: `message ${n}` }, { messageId: id })
      await acked
    }
    return spent
  } finally {
    await stop()
  }
}
