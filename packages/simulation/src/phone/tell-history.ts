import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'
import type { PhoneParts } from './phone-parts.ts'
import { writeHistory } from './write-history.ts'

const compress = promisify(deflate)
const { HISTORY_SYNC_NOTIFICATION } = proto.Message.ProtocolMessage.Type

/** The messages with which a phone tells a new companion what it shows, in order. */
export async function historyMessages(parts: PhoneParts): Promise<proto.IMessage[]> {
  const history = writeHistory(parts)
  return await Promise.all(
    history.map(async ({ type, bytes }, index) => ({
      protocolMessage: {
        type: HISTORY_SYNC_NOTIFICATION,
        historySyncNotification: {
          syncType: proto.Message.HistorySyncType[type],
          chunkOrder: index + 1,
          progress: Math.round((100 * (index + 1)) / history.length),
          initialHistBootstrapInlinePayload: await compress(bytes),
        },
      },
    })),
  )
}
