import { randomUUID } from 'node:crypto'
import { openClient, untilClosed, untilOpen, untilQr } from '@carteiro/simulation/linking/test-linked-device'
import { type BinaryNode, initAuthCreds, type SignalKeyStore } from '@whiskeysockets/baileys'
import { createApiClient } from '../../stack/api-client.ts'
import type { Way } from './way.ts'

/** Baileys in this process, as it comes: `sendMessage`, then WhatsApp's acknowledgement. Nothing is kept but keys. */
export async function openBareWay(simulatorUrl: string, account: string, keys: SignalKeyStore): Promise<Way> {
  const auth = { creds: initAuthCreds(), keys }
  const linking = openClient(simulatorUrl, auth)
  const linked = untilClosed(linking)
  const qr = await untilQr(linking)
  const answer = await createApiClient(simulatorUrl).post(`/accounts/${account}/link`, { qr })
  if (answer.status !== 201) throw new Error(`${account} was not linked: ${JSON.stringify(answer.body)}`)
  await linked

  const socket = openClient(simulatorUrl, auth, { emitOwnEvents: false })
  const awaited = new Map<string, () => void>()
  socket.ws.on('CB:ack,class:message', ({ attrs }: BinaryNode) => awaited.get(attrs.id ?? '')?.())
  await untilOpen(socket)
  return {
    async send(phone, text) {
      const messageId = randomUUID()
      const acknowledged = new Promise<void>((resolve) => awaited.set(messageId, resolve))
      await socket.sendMessage(`${phone}@s.whatsapp.net`, { text }, { messageId })
      await acknowledged
      awaited.delete(messageId)
    },
    close: async () => void (await socket.ws.close()),
  }
}
