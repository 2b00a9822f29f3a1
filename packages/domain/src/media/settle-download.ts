import type { MessageMedia } from '@carteiro/contracts/media'
import { sql } from 'kysely'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { lockMessage } from '../messages/lock-message.ts'
import type { MessageRow } from '../messages/store-message.ts'
import { tellUpdated } from '../messages/tell-updated.ts'
import type { ClaimedDownload } from './claim-downloads.ts'
import { deleteBytes } from './drop-media.ts'

/** How the work on one file ended. */
export type DownloadOutcome =
  | { status: 'ready'; mimeType: string; size: number; sha256: string }
  | { status: 'failed'; reason: string }
  /** `usesAttempt: false`: there was nobody to fetch it from. */
  | { status: 'later'; code: string; afterSeconds: number; usesAttempt: boolean }
  /** The bytes of a revoked message are gone. */
  | { status: 'deleted' }

/**
 * What was recorded. `revoked`: the message was taken back meanwhile, and its bytes are to be deleted. `stale`: the
 * claim had ended and another worker has the file; the outcome changes nothing.
 */
export interface SettleResult {
  status: DownloadOutcome['status'] | 'revoked' | 'stale'
}

/** Records how a fetch ended, with the event that tells it, while the claim is still the caller's. */
export async function settleDownload(
  dependencies: CommitDependencies,
  download: ClaimedDownload,
  outcome: DownloadOutcome,
): Promise<SettleResult> {
  return commit(dependencies, async (work) => {
    // Before the work's row, as everywhere.
    const message = await lockMessage(work, download)
    const settled =
      outcome.status === 'later' ? await putOff(work, download, outcome) : await endWork(work, download)
    if (!settled) {
      if (await handOver(work, download)) return { status: 'revoked' }
      // So late that the bytes of a revoked message were deleted before it stored them.
      if (outcome.status === 'ready' && message?.media === null) await deleteBytes(work, [message])
      return { status: 'stale' }
    }
    if (message && (outcome.status === 'ready' || outcome.status === 'failed')) {
      await tellMedia(work, message, outcome)
    }
    return { status: outcome.status }
  })
}

const isThisClaim = ({ tenantId, messageId, attempt }: ClaimedDownload) => sql`
  tenant_id = ${tenantId} and message_id = ${messageId} and attempts = ${attempt} and claimed_until is not null`

/** What a revoked message needs is not a fetch any more. */
const isStillWanted = ({ source }: ClaimedDownload) => sql`(act = 'fetch' or ${source === null})`

async function endWork({ transaction }: UnitOfWork, download: ClaimedDownload): Promise<boolean> {
  const { rows } = await sql`
    delete from media_download where ${isThisClaim(download)} and ${isStillWanted(download)}
    returning message_id`.execute(transaction)
  return rows.length > 0
}

async function putOff(
  { transaction }: UnitOfWork,
  download: ClaimedDownload,
  { code, afterSeconds, usesAttempt }: DownloadOutcome & { status: 'later' },
): Promise<boolean> {
  const { rows } = await sql`
    update media_download set claimed_until = null, last_error = ${code},
      attempts = attempts - ${usesAttempt ? 0 : 1},
      next_attempt_at = now() + make_interval(secs => ${afterSeconds})
    where ${isThisClaim(download)} and ${isStillWanted(download)}
    returning message_id`.execute(transaction)
  return rows.length > 0
}

/** The message was revoked while its file was fetched: what waited for the end of this claim is due. */
async function handOver({ transaction }: UnitOfWork, download: ClaimedDownload): Promise<boolean> {
  const { rows } = await sql`
    update media_download set claimed_until = null, next_attempt_at = now()
    where ${isThisClaim(download)} returning message_id`.execute(transaction)
  return rows.length > 0
}

async function tellMedia(
  work: UnitOfWork,
  message: MessageRow,
  outcome: DownloadOutcome & { status: 'ready' | 'failed' },
): Promise<void> {
  if (!message.media) return
  const media: MessageMedia =
    outcome.status === 'failed'
      ? { ...message.media, state: 'failed', reason: outcome.reason }
      : {
          ...message.media,
          state: 'ready',
          mimeType: outcome.mimeType,
          size: outcome.size,
          sha256: outcome.sha256,
          reason: null,
        }
  // Bytes that came in the message are not kept twice.
  const { rows } = await sql<MessageRow>`
    update message set media = ${JSON.stringify(media)}::jsonb,
      content = case when ${outcome.status === 'ready'}
        then content #- '{media,base64}' #- '{media,data}' else content end
    where tenant_id = ${message.tenant_id} and id = ${message.id}
    returning *`.execute(work.transaction)
  for (const row of rows) await tellUpdated(work, row, { what: 'media' })
}
