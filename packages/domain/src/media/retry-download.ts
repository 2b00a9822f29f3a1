import type { MessageMedia } from '@carteiro/contracts/media'
import { sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { lockMessage } from '../messages/lock-message.ts'
import type { MessageRow } from '../messages/store-message.ts'
import { tellUpdated } from '../messages/tell-updated.ts'
import { canBeFetched } from './describe-media.ts'
import { keepMedia } from './keep-media.ts'

/** `retried` is also one that is fetched already: it is tried at once. `no_source`: nothing tells where it would be. */
export type RetryResult =
  | { status: 'ready' | 'retried' | 'no_source'; media: MessageMedia }
  | { status: 'no_file' | 'not_found' }

export interface RetryRequest {
  tenantId: string
  messageId: string
  actor: string
  requestId: string
}

/** Lets a file that could not be fetched be fetched again, with all of its tries. */
export async function retryDownload(
  dependencies: CommitDependencies,
  request: RetryRequest,
): Promise<RetryResult> {
  return commit(dependencies, async (work) => {
    const row = await lockMessage(work, request)
    if (!row) return { status: 'not_found' }
    const { media } = row
    if (!media) return { status: 'no_file' }
    if (media.state === 'ready') return { status: 'ready', media }
    if (media.state === 'pending') {
      await hasten(work, request)
      return { status: 'retried', media }
    }
    const { provider_message_id: providerMessageId } = row
    if (row.upload_id !== null || !canBeFetched({ ...row, providerMessageId })) {
      return { status: 'no_source', media }
    }
    return { status: 'retried', media: await putBack(work, row, media, request) }
  })
}

/** One that waits for its next try need not wait; one that is under way is left alone. */
async function hasten({ transaction }: UnitOfWork, { tenantId, messageId }: RetryRequest): Promise<void> {
  await sql`
    update media_download set next_attempt_at = now()
    where tenant_id = ${tenantId} and message_id = ${messageId} and claimed_until is null`.execute(
    transaction,
  )
}

async function putBack(
  work: UnitOfWork,
  row: MessageRow,
  before: MessageMedia,
  { tenantId, messageId, actor, requestId }: RetryRequest,
): Promise<MessageMedia> {
  const media: MessageMedia = { ...before, state: 'pending', reason: null }
  await work.transaction
    .updateTable('message')
    .set({ media: JSON.stringify(media) })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', messageId)
    .execute()
  await keepMedia(work, [{ ...row, media }])
  const audited = { tenantId, actor, requestId, entityType: 'message', entityId: messageId } as const
  await recordAudit(work.transaction, [
    { ...audited, action: 'UPDATED', details: { media: 'retried', reason: before.reason } },
  ])
  await tellUpdated(work, { ...row, media }, { what: 'media' })
  return media
}
