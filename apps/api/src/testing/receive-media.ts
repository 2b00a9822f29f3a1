import type { MessageMedia } from '@carteiro/contracts/media'
import { storageKeyOf } from '@carteiro/storage/keys'
import { receiveMessage } from './receive-message.ts'
import type { TestApi } from './start-api.ts'

/** A customer's picture that is known, and not here yet. */
const PENDING: MessageMedia = {
  state: 'pending',
  type: 'image',
  mimeType: null,
  size: null,
  fileName: null,
  sha256: null,
  seconds: null,
  width: null,
  height: null,
  reason: null,
}

/**
 * A customer sends a file: a message with these facts about it and, when there are `bytes`, those in the storage.
 *
 * @returns the message's id
 */
export async function receiveMedia(
  { domain, db, dependencies }: Pick<TestApi, 'domain' | 'db' | 'dependencies'>,
  { tenantId, phone }: { tenantId: string; phone: string },
  media: Partial<MessageMedia>,
  bytes?: Uint8Array,
): Promise<string> {
  const { messageId } = await receiveMessage(domain, { tenantId, phone, text: 'a file' })
  const facts: MessageMedia = { ...PENDING, ...media }
  if (bytes) {
    const options = { contentType: media.mimeType ?? 'application/octet-stream', maxBytes: bytes.byteLength }
    const key = storageKeyOf({ tenantId, messageId })
    Object.assign(facts, { state: 'ready' }, await dependencies.storage.put(key, bytes, options))
  }
  await db
    .updateTable('message')
    .set({ media: JSON.stringify(facts) })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', messageId)
    .execute()
  return messageId
}
