import type { MessageEnvelope } from '@carteiro/contracts/envelope'
import { messageEnvelope } from './envelopes.ts'

/** A picture as a linked phone's broker tells it, for tests. */
export const mediaEnvelope = ({
  type = 'image',
  media = {},
  ...fields
}: Parameters<typeof messageEnvelope>[0] & {
  type?: string
  media?: Record<string, unknown>
} = {}): MessageEnvelope =>
  messageEnvelope({
    message: {
      type,
      chatId: '5511933330000@s.whatsapp.net',
      media: {
        mimetype: 'image/jpeg',
        fileLength: 1_000,
        directPath: '/v/t62/1',
        mediaKey: Buffer.alloc(32, 1).toString('base64'),
        ...media,
      },
    },
    ...fields,
  })
