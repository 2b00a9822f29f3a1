type Send = (...args: unknown[]) => unknown

/**
 * Lets no frame leave to WhatsApp while `whyNot` gives a reason: a process that was stopped in the middle of a send must
 * not finish it after another broker took its instance. Baileys keeps its own hold of `ws.send`, so the guard stands
 * before the WebSocket below it.
 *
 * @param whyNot asked in the asynchronous context of the frame
 * @param onRefused the place to end the connection, unless that ends anyway: Baileys has counted the frame, and WhatsApp
 *   opens none that comes after one that is missing
 * @throws Error when Baileys has no such WebSocket
 */
export function guardFrames(
  { ws }: { ws: object },
  whyNot: () => string | undefined,
  onRefused: (refused: Error) => void = () => undefined,
): void {
  const socket: unknown = Reflect.get(ws, 'socket')
  if (!hasSend(socket)) throw new Error('the socket of Baileys has no WebSocket to guard')
  const send = socket.send.bind(socket)
  socket.send = (...args) => {
    const reason = whyNot()
    if (reason === undefined) return send(...args)
    const refused = new Error(`nothing is sent: ${reason}`)
    const callback = args.at(-1)
    if (typeof callback === 'function') callback(refused)
    onRefused(refused)
    return undefined
  }
}

const hasSend = (value: unknown): value is { send: Send } =>
  typeof value === 'object' && value !== null && 'send' in value && typeof value.send === 'function'
