import { Problem } from '@carteiro/contracts/problem'
import type { WASocket } from '@whiskeysockets/baileys'

/**
 * The socket of an instance, for what cannot be done without.
 *
 * @throws Problem INSTANCE_NOT_FOUND, or INSTANCE_DISCONNECTED with its status
 */
export type ConnectedSocket = (instanceId: string) => Promise<WASocket>

interface Parts {
  socket: (instanceId: string) => WASocket | undefined
  /** @throws Problem INSTANCE_NOT_FOUND */
  find: (instanceId: string) => Promise<{ status: string; connected: boolean }>
}

export function createConnectedSocket({ socket, find }: Parts): ConnectedSocket {
  return async (instanceId) => {
    const connected = socket(instanceId)
    if (connected) return connected
    throw instanceDisconnected(await find(instanceId))
  }
}

export const instanceDisconnected = ({ status, connected }: { status: string; connected: boolean }) =>
  new Problem('INSTANCE_DISCONNECTED', 'The instance is not connected to WhatsApp.', {
    details: { status, connected },
  })
