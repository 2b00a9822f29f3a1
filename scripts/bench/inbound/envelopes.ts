import type { MessageEnvelope } from '@carteiro/contracts/envelope'
import { newId } from '@carteiro/database/new-id'

export const INSTANCES = Array.from({ length: 8 }, (_, n) => `bench-${n}-phone`)
/** Each instance is another tenant's. */
export const tenantOf = (instanceId: string): string => instanceId.replace('-phone', '')

/** Chats of one round, spread over the tenants. */
const CHATS = 400

/** Phone of a chat of a round; phones rise with both. */
const phoneOf = (round: number, chat: number): string =>
  `+55119${String(round * CHATS + chat).padStart(8, '0')}`

/** The lowest and the highest phone that writes in a round. */
export const phonesOf = (round: number): [string, string] => [phoneOf(round, 0), phoneOf(round, CHATS - 1)]

/**
 * A round's messages in the order of their arrival, as the API queues them: of so many chats at once, each of which
 * writes for the first time in this round.
 */
export function makeEnvelopes(count: number, round: number): MessageEnvelope[] {
  const now = new Date()
  return Array.from({ length: count }, (_, n) => {
    const chat = (n * 7) % CHATS
    const instanceId = INSTANCES[chat % INSTANCES.length] ?? ''
    const phone = phoneOf(round, chat)
    const chatKey = `${phone.slice(1)}@s.whatsapp.net`
    const providerMessageId = `3EB0${newId().replaceAll('-', '').slice(0, 18).toUpperCase()}${n}`
    return {
      id: newId(),
      kind: 'message',
      direction: 'inbound',
      participantJid: null,
      tenantId: tenantOf(instanceId),
      instanceId,
      chatKey,
      timestamp: new Date(now.getTime() + n).toISOString(),
      receivedAt: now.toISOString(),
      requestId: newId(),
      providerMessageId,
      contact: { phone, name: 'Maria', pushName: 'Maria', registrations: ['ABC123'] },
      message: {
        id: providerMessageId,
        chatId: chatKey,
        type: 'text',
        text: 'Oi! Tudo bem? Queria saber do meu pedido.',
      },
      metadata: { broker: 'baileys', timestamp: Math.floor(now.getTime() / 1_000) },
    }
  })
}
