import type { WASocket } from './open-socket.ts'

/**
 * Baileys opens frames in a listener that nobody awaits: one that does not open would be an unhandled rejection of the
 * whole process, its stanza lost, and the connection would go on. It ends this one socket instead, and WhatsApp sends
 * the stanza again.
 *
 * @param onBadFrame called with what was thrown, once for each frame
 */
export function endOnBadFrame({ ws }: Pick<WASocket, 'ws'>, onBadFrame: (error: unknown) => void): void {
  const listeners = ws.listeners('message')
  ws.removeAllListeners('message')
  for (const listener of listeners) {
    const take = async (given: unknown[]): Promise<void> => await Reflect.apply(listener, ws, given)
    ws.on('message', (...given: unknown[]) => void take(given).catch(onBadFrame))
  }
}
