import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { WASocket } from './open-socket.ts'

/** A server that does not answer the closing handshake is not waited for: `ws` itself would wait 30 s. */
const CLOSING_MS = 1_000

/**
 * Makes every end of a socket a short one, whoever ends it: the line is broken when the other side does not close it
 * in time.
 *
 * @returns breaks the line at once: nobody is told, and nothing more is written
 */
export function endPromptly({ ws }: Pick<WASocket, 'ws'>): () => void {
  let line: Socket | undefined
  let broken = false
  ws.on('upgrade', ({ socket }: IncomingMessage) => {
    line = socket
    if (broken) socket.destroy()
  })
  const breakLine = () => {
    broken = true
    line?.destroy()
  }
  const close = ws.close.bind(ws)
  ws.close = async () => {
    const deadline = setTimeout(breakLine, CLOSING_MS)
    await close()
    clearTimeout(deadline)
  }
  return breakLine
}
