import { assertMediaContent, type WAMessage, type WASocket } from '@whiskeysockets/baileys'

export interface AskUploadDependencies {
  /** The instance's socket; `undefined` while it is not connected. */
  socket: (instanceId: string) => Pick<WASocket, 'updateMediaMessage'> | undefined
  timeoutMs?: number
}

/**
 * Asks the sender's phone, by WhatsApp, to upload a file again that the media host has no longer.
 *
 * @returns where it is then; `undefined` when there is nobody to ask, or no good answer in time
 */
export type AskUpload = (instanceId: string, message: WAMessage) => Promise<string | undefined>

const TIMEOUT_MS = 8_000
/** Baileys waits for an answer as long as the connection holds. */
const MAX_WAITING = 100

export function createAskUpload({ socket, timeoutMs = TIMEOUT_MS }: AskUploadDependencies): AskUpload {
  const waiting = new Map<string, Promise<string | undefined>>()

  function ask(instanceId: string, message: WAMessage): Promise<string | undefined> | undefined {
    const key = `${instanceId} ${message.key.remoteJid} ${message.key.id}`
    const asked = waiting.get(key)
    if (asked) return asked
    const open = socket(instanceId)
    if (!open || waiting.size >= MAX_WAITING) return undefined
    const answer = update(open, message).finally(() => waiting.delete(key))
    waiting.set(key, answer)
    return answer
  }

  return async (instanceId, message) => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeoutMs)
    })
    try {
      return await Promise.race([ask(instanceId, message), late])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** A phone that is away, has deleted the file or refuses: for us all the same. */
async function update(
  socket: Pick<WASocket, 'updateMediaMessage'>,
  message: WAMessage,
): Promise<string | undefined> {
  try {
    const updated = await socket.updateMediaMessage(message)
    return assertMediaContent(updated.message).directPath ?? undefined
  } catch {
    return undefined
  }
}
