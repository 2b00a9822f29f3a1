import { Problem } from '@carteiro/contracts/problem'
import { fileOf } from './file-of.ts'
import type { MessageLog } from './message-log.ts'
import type { PhonePort } from './phone.ts'
import type { ShownMessage } from './shown-message.ts'

/** Copies of what the phone shows. */
export function listShown(log: MessageLog, filter: { chat?: string; id?: string } = {}): ShownMessage[] {
  return log.list(filter).flatMap(({ id, chat, from, stanzas, shown }) => {
    if (!shown) return []
    const { reactions, votes, receipts } = shown
    return [
      {
        id,
        chat,
        from,
        stanzas,
        ...shown,
        reactions: [...reactions],
        votes: [...votes],
        receipts: [...receipts],
      },
    ]
  })
}

/**
 * The bytes of a file that is shown.
 *
 * @throws Problem when there is none
 */
export async function download(
  { log, port }: { log: MessageLog; port: PhonePort },
  chat: string,
  id: string,
): Promise<Uint8Array> {
  const entry = log.find(chat, id)
  const kind = entry?.shown?.content.file?.kind
  if (!entry?.message || !kind)
    throw new Problem('MESSAGE_WITHOUT_MEDIA', `${id} in the chat with ${chat} has no file`)
  if (!port.media)
    throw new Problem('UNSUPPORTED_TYPE', 'Start the simulator with a media host to read files')
  const { directPath, mediaKey, ...hashes } = fileOf(entry.message) ?? {}
  if (!mediaKey || !directPath)
    throw new Problem('MEDIA_GONE', `The file of ${id} was sent without its key or place`)
  return port.media.download({ ...hashes, directPath, mediaKey }, kind)
}
